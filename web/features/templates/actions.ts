import { mediaForge } from "@/live/client";
import { type ListedTemplate, readTemplatesAgain, type Saved, type TemplateFields } from "@/live/templates";

/** `from`: the version that was changed; refused with `version-changed` where there is another one by now. */
export async function save(
  fields: TemplateFields,
  id: string | undefined,
  from: number | undefined,
): Promise<Saved> {
  const saved = await (await mediaForge()).templates.save({ ...fields, id, from });
  readTemplatesAgain();
  return saved;
}

export async function remove(id: string): Promise<void> {
  await (await mediaForge()).templates.remove(id);
  readTemplatesAgain();
}

/** The template as it is now; undefined: it is not the user's any more. */
export async function read(id: string): Promise<ListedTemplate | undefined> {
  for await (const page of (await mediaForge()).templates.list({ pageSize: 100 })) {
    const found = page.find((each) => each.id === id);
    if (found) return found;
  }
  return undefined;
}
