// A user who has something on every page: pictures, a failure, what waits, a batch, a pack, a template, a team, a key.
import { expect, type Page } from "@playwright/test";
import { userOf } from "./create";
import { EMULATORS } from "./fixtures";

const PROJECT = "demo-mediaforge";
const FUNCTIONS = `http://127.0.0.1:${EMULATORS.functions}/${PROJECT}/us-central1`;
const DATABASE = `http://127.0.0.1:${EMULATORS.firestore}/v1/projects/${PROJECT}/databases/(default)/documents`;
const OWNER = { Authorization: "Bearer owner" };
const WITHIN_MS = 240_000;

/** Calls as who is signed in on the page. */
export async function call<Answer>(page: Page, name: string, data: object): Promise<Answer> {
  const { stsTokenManager } = await userOf(page);
  const answer = await page.request.post(`${FUNCTIONS}/${name}`, {
    data: { data },
    headers: { Authorization: `Bearer ${stsTokenManager.accessToken}` },
    timeout: WITHIN_MS,
  });
  const { result, error } = (await answer.json()) as { result: Answer; error?: { message: string } };
  expect(error, `${name}: ${error?.message}`).toBeUndefined();
  return result;
}

type Value = { stringValue: string } | { integerValue: number } | { booleanValue: boolean } | object;

function written(value: unknown): Value {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "number") return { integerValue: value };
  if (typeof value === "boolean") return { booleanValue: value };
  if (value instanceof Date) return { timestampValue: value.toISOString() };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(written) } };
  return { mapValue: { fields: fieldsOf(value as Readonly<Record<string, unknown>>) } };
}

function fieldsOf(value: Readonly<Record<string, unknown>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, written(each)]));
}

/** Writes a document as the owner of the database; answers its id. */
async function put(page: Page, collection: string, document: Readonly<Record<string, unknown>>) {
  const answer = await page.request.post(`${DATABASE}/${collection}`, {
    data: { fields: fieldsOf(document) },
    headers: OWNER,
  });
  expect(answer.ok(), await answer.text()).toBe(true);
  const { name } = (await answer.json()) as { name: string };
  return name.slice(name.lastIndexOf("/") + 1);
}

/** How the job or the batch at this path stands. */
export async function statusOf(page: Page, path: string): Promise<string | undefined> {
  const answer = await page.request.get(`${DATABASE}/${path}?mask.fieldPaths=status`, { headers: OWNER });
  const { fields } = (await answer.json()) as { fields?: { status?: { stringValue: string } } };
  return fields?.status?.stringValue;
}

/** Waits until the job or the batch has ended so. */
export async function ended(page: Page, path: string, how = "completed"): Promise<void> {
  await expect.poll(() => statusOf(page, path), { timeout: WITHIN_MS, intervals: [250] }).toBe(how);
}

/** A picture of this prompt; answers its path in addresses: `images/UID/JOB`. */
export async function picture(page: Page, prompt: string, more: object = {}): Promise<string> {
  const { path } = await call<{ path: string }>(page, "generateImage", { prompt, seed: 7, ...more });
  await ended(page, path);
  const [, uid, folder, job] = path.split("/");
  return `${folder}/${uid}/${job}`;
}

/** Where the first picture of a job is in Storage. */
async function fileOf(page: Page, path: string): Promise<string> {
  const field = "generation_data.storage_paths";
  const answer = await page.request.get(`${DATABASE}/${path}?mask.fieldPaths=${field}`, { headers: OWNER });
  return /generating\/[^"]+/.exec(await answer.text())?.[0] ?? "";
}

export interface Content {
  /** In addresses: `images/UID/JOB`. */
  readonly pictures: readonly [string, string];
  readonly failed: string;
  readonly batch: string;
  readonly pack: string;
  readonly template: string;
  readonly team: string;
}

/** Makes all of it, the slow parts beside each other. */
export async function makeContent(page: Page): Promise<Content> {
  const { uid } = await userOf(page);
  const generate = (request: object) => call<{ path: string }>(page, "generateImage", request);
  const submitted = call<{ batchId: string; path: string }>(page, "submitBatch", {
    name: "Autumn posters",
    rows: [{ prompt: "a harbour in fog" }, { prompt: "a barn [[fail:permanent]]" }],
    defaults: { width: 64, height: 64 },
  });
  const tomorrow = new Date(Date.now() + 24 * 3600_000).toISOString();
  const [first, second, bad] = await Promise.all([
    generate({ prompt: "A lighthouse at dusk, ink drawing", seed: 7, count: 2 }),
    generate({ prompt: "An owl made of folded paper, soft light", seed: 11, aspectRatio: "3:2" }),
    generate({ prompt: "a mill [[fail:permanent]]" }),
    generate({ prompt: "a kite over the dunes", scheduledAt: tomorrow }),
  ]);
  const common = { user_id: uid, visibility: "private", version: 1, created_at: new Date() };
  const changed = { ...common, modified: common.created_at };
  const [batch, { teamId }, template] = await Promise.all([
    submitted,
    call<{ teamId: string }>(page, "createTeam", { name: "Studio North" }),
    put(page, "templates", {
      ...changed,
      name: "Poster",
      kind: "prompt",
      prompt: "A {{thing}} in {{season=autumn}}",
    }),
    call(page, "createApiKey", { name: "sheet", scopes: ["read"] }),
  ]);
  await Promise.all([ended(page, first.path), ended(page, second.path), ended(page, bad.path, "failed")]);
  await ended(page, batch.path);
  const [one, two, failed] = [first, second, bad].map(({ path }) => {
    const [, owner, folder, job] = path.split("/");
    return `${folder}/${owner}/${job}`;
  }) as [string, string, string];
  const file = await fileOf(page, first.path);
  const pack = await put(page, "reference_packs", {
    ...changed,
    name: "Sea",
    is_template: false,
    references: [{ path: file, mode: "style_only", caption: "the light" }],
  });
  return { pictures: [one, two], failed, batch: batch.batchId, pack, template, team: teamId };
}
