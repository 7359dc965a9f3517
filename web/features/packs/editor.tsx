import { useCatalog } from "@/live/catalog";
import { AddPictures } from "@/parts/add-pictures";
import { Notice } from "@/parts/notice";
import type { EditorProps } from "@/parts/versioned";
import { packWords as words } from "@/words/shelf";
import { limitOf, type PackForm, PICTURES_MAX, withPictures } from "./form";
import { Pictures } from "./pictures";

export function Editor({ form, set }: EditorProps<PackForm>) {
  const { value: catalog } = useCatalog();
  const { length: count } = form.references;
  const limit = catalog && limitOf(catalog, count);
  return (
    <>
      <Pictures
        references={form.references}
        onChange={(change) => set((before) => ({ references: change(before.references) }))}
      />
      {limit && (
        <Notice>
          {words.takes(limit.model, limit.takes)}
          {limit.others.length > 0 && ` ${words.takesAll(limit.others)}`}
        </Notice>
      )}
      <AddPictures
        count={count}
        max={PICTURES_MAX}
        full={words.full}
        onAdd={(paths) => set((before) => ({ references: withPictures(before.references, paths) }))}
      />
    </>
  );
}
