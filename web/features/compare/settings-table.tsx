import { useMemo } from "react";
import { useCatalog } from "@/live/catalog";
import type { Generation } from "@/live/generation";
import { usePacks } from "@/live/packs";
import { useTemplates } from "@/live/templates";
import { compare as words } from "@/words/compare";
import { type Row, settingsOf, type Titles } from "./settings";
import { differences, type Piece } from "./word-differences";

/** What both were made of: what differs in full, what is the same folded. */
export function SettingsTable({ left, right }: { readonly left: Generation; readonly right: Generation }) {
  const titles = useTitles();
  const rows = useMemo(() => settingsOf(left, right, titles), [left, right, titles]);
  const differing = rows.filter(({ differs }) => differs);
  const same = rows.filter(({ differs }) => !differs);
  return (
    <section className="text-control" aria-label={words.facts}>
      <h2 className="mb-1 font-medium text-body">{words.differ(differing.length)}</h2>
      {differing.length > 0 && <Rows rows={differing} />}
      {same.length > 0 && (
        <details className="mt-2">
          <summary className="cursor-pointer py-1 text-text2">{words.same(same.length)}</summary>
          <Rows rows={same} />
        </details>
      )}
    </section>
  );
}

function Rows({ rows }: { readonly rows: readonly Row[] }) {
  return (
    <table className="w-full table-fixed border-collapse text-left">
      <colgroup>
        <col className="w-28 max-tablet:w-20" />
        <col />
        <col />
        <col className="w-16" />
      </colgroup>
      <thead className="sr-only">
        <tr>
          <th scope="col">{words.column}</th>
          <th scope="col">{words.a}</th>
          <th scope="col">{words.b}</th>
          <th scope="col">{words.differs}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.setting} className="border-line border-t align-top">
            <th scope="row" className="py-1.5 pr-3 font-normal text-text3">
              {words.names[row.setting]}
            </th>
            <Cells row={row} />
            <td className="py-1.5 text-right text-meta text-text2">
              {row.differs ? words.differs : words.sameWord}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cells({ row }: { readonly row: Row }) {
  const isText = row.setting === "prompt" || row.setting === "negative";
  const { left, right } = useMemo(
    () =>
      isText
        ? differences(row.left, row.right)
        : {
            left: [{ text: row.left, differs: row.differs }],
            right: [{ text: row.right, differs: row.differs }],
          },
    [isText, row],
  );
  return (
    <>
      <td className="py-1.5 pr-3 [overflow-wrap:anywhere]">
        <Marked pieces={left} as="del" />
      </td>
      <td className="py-1.5 pr-3 [overflow-wrap:anywhere]">
        <Marked pieces={right} as="ins" />
      </td>
    </>
  );
}

function Marked({ pieces, as: Mark }: { readonly pieces: readonly Piece[]; readonly as: "del" | "ins" }) {
  if (pieces.every(({ text }) => text === "")) return words.none;
  return pieces.map(({ text, differs }, at) => {
    const key = `${at}-${text.length}`;
    return differs && text.trim() ? (
      <Mark key={key} className="bg-tint text-accent-text underline decoration-1 underline-offset-2">
        {text}
      </Mark>
    ) : (
      <span key={key}>{text}</span>
    );
  });
}

function useTitles(): Titles {
  const { value: catalog } = useCatalog();
  const packs = usePacks().value;
  const templates = useTemplates().value;
  return useMemo(() => {
    const title = (list: readonly { id: string; title: string }[] | undefined) => (id: string) =>
      list?.find((each) => each.id === id)?.title ?? id;
    const name = (list: readonly { id: string; name: string }[] | undefined) => (id: string) =>
      list?.find((each) => each.id === id)?.name ?? id;
    return {
      model: title(catalog?.models),
      style: title(catalog?.styles),
      pack: name(packs),
      template: name(templates),
    };
  }, [catalog, packs, templates]);
}
