// A library with as much in it as a test wants: copies of one picture that was really made, written straight into the
// emulators' database. A copy is as good as the original for whoever reads; what acts on jobs needs the job, too.
import { expect, type Locator, type Page } from "@playwright/test";
import { library as words } from "@/words/library";
import { Create, DATABASE, freshPrompt, jobsOf, uidOf } from "./create";

const OWNER = { Authorization: "Bearer owner" };
const AT_ONCE = 250;
/** A commit of so many documents takes the emulator a while on a busy machine. */
const COMMIT_MS = 120_000;

/** Values as the database's REST interface has them. */
export type Value = Readonly<Record<string, unknown>>;
export const text = (stringValue: string): Value => ({ stringValue });
export const moment = (at: number): Value => ({ timestampValue: new Date(at).toISOString() });
export const whole = (n: number): Value => ({ integerValue: String(n) });
export const list = (texts: readonly string[]): Value => ({ arrayValue: { values: texts.map(text) } });

interface Document {
  readonly name: string;
  readonly fields: Readonly<Record<string, Value>>;
}

export interface Original {
  readonly uid: string;
  readonly id: string;
  readonly prompt: string;
  readonly view: Document;
  readonly job: Document;
}

export interface Copy {
  readonly id: string;
  readonly prompt: string;
  /** In ms. */
  readonly createdAt: number;
  readonly isVideo?: boolean;
  /** What else is not as in the original. */
  readonly fields?: Readonly<Record<string, Value>>;
}

/** One picture of the user who is signed in on this page, which shows the create page. */
export async function makeOne(page: Page): Promise<Original> {
  const create = new Create(page);
  const uid = await uidOf(page);
  const prompt = freshPrompt("a lighthouse at dusk");
  await create.prompt.fill(prompt);
  await create.generate.click();
  await create.seePicture(prompt);
  const [id = ""] = await jobsOf(page, uid);
  const view = await read(page, `generations/${uid}/images/${id}`);
  return { uid, id, prompt, view, job: await read(page, `jobs/${id}`) };
}

async function read(page: Page, path: string): Promise<Document> {
  const answer = await page.request.get(`${DATABASE}/${path}`, { headers: OWNER });
  expect(answer.ok(), path).toBe(true);
  return (await answer.json()) as Document;
}

async function write(page: Page, documents: readonly Document[]): Promise<void> {
  for (let from = 0; from < documents.length; from += AT_ONCE) {
    const writes = documents.slice(from, from + AT_ONCE).map((update) => ({ update }));
    const answer = await page.request.post(`${DATABASE}:commit`, {
      headers: OWNER,
      data: { writes },
      timeout: COMMIT_MS,
    });
    expect(answer.ok(), await answer.text()).toBe(true);
  }
}

/** Puts copies into the library of the original's user. */
export async function fill(page: Page, original: Original, copies: readonly Copy[]): Promise<void> {
  await write(
    page,
    copies.map((copy) => viewOf(original, copy)),
  );
}

/** The job of a copy, so that it can be marked. */
export async function withJob(page: Page, { job, id }: Original, copy: Copy): Promise<void> {
  await write(page, [JSON.parse(JSON.stringify(job).replaceAll(id, copy.id)) as Document]);
}

/** The path of a copy as addresses have it. */
export function addressOf({ uid }: Original, { id, isVideo }: Copy): string {
  return `${isVideo ? "videos" : "images"}/${uid}/${id}`;
}

function viewOf({ view, id }: Original, copy: Copy): Document {
  const name = view.name.replace(`images/${id}`, `${copy.isVideo ? "videos" : "images"}/${copy.id}`);
  const request = view.fields.request_data as { mapValue: { fields: Record<string, Value> } };
  const fields = {
    ...view.fields,
    file_uid: text(copy.id),
    created_at: moment(copy.createdAt),
    request_data: { mapValue: { fields: { ...request.mapValue.fields, prompt: text(copy.prompt) } } },
    search_terms: list(copy.prompt.toLowerCase().split(" ")),
    ...copy.fields,
  };
  return { name, fields };
}

const SIZES = [
  [1024, 1024],
  [1280, 720],
  [832, 1216],
  [1216, 832],
  [1536, 640],
] as const;
const DAY_MS = 24 * 3600_000;

/**
 * So many copies of all shapes, over three years, newest first. Their pictures have a handful of addresses: more than
 * are ever in sight at once, so that those that come have to be decoded.
 */
export function crowd({ view, id }: Original, count: number): Copy[] {
  const now = Date.now() - DAY_MS;
  return Array.from({ length: count }, (_, n) => {
    const [width, height] = SIZES[(n * 7 + (n >> 3)) % SIZES.length] ?? SIZES[0];
    return {
      id: `${id.slice(0, 8)}n${String(n).padStart(6, "0")}`,
      prompt: `crowd ${n}`,
      createdAt: now - (n * 3 * 365 * DAY_MS) / count,
      fields: {
        width: whole(width),
        height: whole(height),
        generation_data: withQuery(view.fields.generation_data, `&of=${n % 48}`),
      },
    };
  });
}

/** The addresses of pictures, each with something behind it. */
function withQuery(value: Value | undefined, query: string): Value {
  const asText = JSON.stringify(value).replace(/(http[^"]*alt=media[^"]*)"/g, `$1${query}"`);
  return JSON.parse(asText) as Value;
}

/** The library's grid as a user finds it. */
export function gridOf(page: Page): Locator {
  return page.getByRole("grid", { name: words.grid });
}

/** The tile of this prompt. */
export function tileOf(page: Page, prompt: string | RegExp): Locator {
  return gridOf(page).getByRole("gridcell", { name: prompt });
}

/** The library shows these and no others. */
export async function shows(page: Page, prompts: readonly string[]): Promise<void> {
  const names = () =>
    gridOf(page)
      .getByRole("gridcell")
      .evaluateAll((cells) => cells.map((cell) => cell.getAttribute("aria-label")?.split(",")[0]).sort());
  await expect.poll(names).toEqual([...prompts].sort());
}
