/** A row of a batch, as `POST /batches` takes it, without its title. */
interface RowRequest {
  prompt: string;
  kind?: string;
  model?: string;
  aspectRatio?: string;
  /** A text where the cell has no number: the API says what is wrong with it. */
  count?: number | string;
  references?: { path: string; mode: string }[];
}

/**
 * What the cells ask for; undefined without a prompt. `kinds` are those of models that make no pictures.
 */
function requestOf(
  cells: Record<string, string>,
  kinds: Record<string, string> = {},
): RowRequest | undefined {
  const cell = (name: string) => (cells[name] ?? "").trim();
  if (cell("prompt") === "") return undefined;
  const request: RowRequest = { prompt: cells.prompt ?? "" };
  const model = cell("model");
  if (model !== "") request.model = model;
  const kind = kinds[model];
  if (kind !== undefined) request.kind = kind;
  if (cell("ratio") !== "") request.aspectRatio = ratioOf(cell("ratio"));
  // A video has no count, and one is what there is without it.
  if (cell("count") !== "" && cell("count") !== "1") request.count = countOf(cell("count"));
  const references = cell("references")
    .split(/[\n,;]+/)
    .map(referenceOf)
    .filter((each) => each.path !== "");
  if (references.length > 0) request.references = references;
  return request;
}

/** Sheets takes a ratio for a time, unless its cell is formatted as text, and shows 16:09:00 or 4:09 PM. */
function ratioOf(shown: string): string {
  const [, first, second, half] = /^(\d{1,2}):(\d{1,2})(?::00)?(?: ([AP])M)?$/i.exec(shown) ?? [];
  if (first === undefined || second === undefined) return shown;
  const hours =
    half === undefined ? Number(first) : (Number(first) % 12) + (half.toUpperCase() === "P" ? 12 : 0);
  return `${hours}:${Number(second)}`;
}

function countOf(shown: string): number | string {
  return /^\d{1,9}([.,]0+)?$/.test(shown) ? parseInt(shown, 10) : shown;
}

/** `references/…/fox.png`, or `references/…/fox.png | style_and_composition`. */
function referenceOf(text: string): { path: string; mode: string } {
  const [path = "", mode = "style_only"] = text.split("|").map((part) => part.trim());
  return { path, mode };
}

/** Whether the cells ask for something else by now than what was sent. */
function hasChanged(row: TableRow): boolean {
  const { kind, ...sent } = row.state?.request ?? { prompt: "" };
  return JSON.stringify(requestOf(row.cells)) !== JSON.stringify(sent);
}
