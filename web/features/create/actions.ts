import type { CreditsEstimated, Listed, Template, Upload } from "@mediaforge/client";
import { mediaForge } from "@/live/client";
import { promptOf } from "@/live/generation";

export interface Choice {
  readonly id: string;
  readonly name: string;
  readonly thumbnail?: string | undefined;
}

export interface TemplateChoice extends Choice {
  readonly prompt: string;
  readonly defaults: Readonly<Record<string, unknown>>;
}

export async function estimate(requests: readonly Record<string, unknown>[]): Promise<CreditsEstimated> {
  const mf = await mediaForge();
  return mf.estimateCredits({ requests: requests as never });
}

export async function uploadPicture(
  file: Blob,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<Upload> {
  const mf = await mediaForge();
  return mf.uploadReference(file, {
    signal,
    onProgress: ({ sentBytes, totalBytes }) => onProgress(totalBytes > 0 ? sentBytes / totalBytes : 0),
  });
}

/** A picture that is there already: requests name it by its storage path. */
export interface FoundPicture {
  readonly path: string;
  readonly thumbnail: string | undefined;
  readonly name: string;
}

/** What is in the file of an upload, or of a picture that was made. */
export async function pictureFile(path: string): Promise<Blob> {
  return (await mediaForge()).file(path);
}

/** The newest uploads that can be used. */
export async function recentUploads(): Promise<FoundPicture[]> {
  const { value } = await (await mediaForge()).uploads({ pageSize: 60 }).next();
  return (value ?? [])
    .filter(({ status }) => status === "ready")
    .map(({ path, thumbnail_url }) => ({ path, thumbnail: thumbnail_url ?? undefined, name: "" }));
}

/** The newest pictures that were made, or those whose prompt has these words. */
export async function libraryPictures(text: string, teamId: string | undefined): Promise<FoundPicture[]> {
  const asked = { kind: "image", status: "completed", limit: 60, teamId: teamId ?? null } as const;
  const { items } = await (await mediaForge()).searchGenerations({ ...asked, ...(text && { text }) });
  return items.flatMap((item) =>
    (item.generationData?.storagePaths ?? []).map((path, at) => ({
      path,
      thumbnail: item.generationData?.thumbnailUrls[at],
      name: promptOf(item),
    })),
  );
}

/** The pictures of the user's own packs. A pack of somebody else has files that a request may not name. */
export async function packPictures(): Promise<FoundPicture[]> {
  const [own, uploads] = await Promise.all([
    mediaForge().then((mf) => firstPage(mf.packs.list({ pageSize: 50 }))),
    recentUploads(),
  ]);
  return own.flatMap(({ name, references }) =>
    references.map(({ path, caption }) => ({
      path,
      thumbnail: uploads.find((each) => each.path === path)?.thumbnail,
      name: caption ? `${name}: ${caption}` : name,
    })),
  );
}

export async function packs(teamId: string | undefined): Promise<Choice[]> {
  const mf = await mediaForge();
  const lists = [
    mf.packs.list({ pageSize: 50 }),
    ...(teamId ? [mf.packs.list({ teamId, pageSize: 50 })] : []),
  ];
  return unique((await Promise.all(lists.map(firstPage))).flat());
}

export async function templates(teamId: string | undefined): Promise<TemplateChoice[]> {
  const mf = await mediaForge();
  const lists = [
    mf.templates.list({ pageSize: 50 }),
    mf.templates.list({ isPublic: true, pageSize: 50 }),
    ...(teamId ? [mf.templates.list({ teamId, pageSize: 50 })] : []),
  ];
  const found = (await Promise.all(lists.map(firstPage))).flat();
  return unique(found.map(choiceOf));
}

function choiceOf({ id, name, prompt, defaults }: Listed<Template>): TemplateChoice {
  return { id, name, prompt: prompt ?? "", defaults: defaults ?? {} };
}

export async function template(id: string): Promise<TemplateChoice | undefined> {
  const found = await (await mediaForge()).templates.get(id);
  return found && choiceOf(found);
}

export async function isPack(id: string): Promise<boolean> {
  return Boolean(await (await mediaForge()).packs.get(id));
}

export async function isTemplate(id: string): Promise<boolean> {
  return Boolean(await (await mediaForge()).templates.get(id));
}

export async function isBrand(id: string, teamId: string | undefined): Promise<boolean> {
  return (await brands(teamId)).some((each) => each.id === id);
}

/** Of who pays: a team's work takes its own brands only. */
export async function brands(teamId: string | undefined): Promise<Choice[]> {
  const found = await firstPage((await mediaForge()).brands({ teamId, pageSize: 50 }));
  return found.filter(({ status }) => status === "ready").map(({ id, name }) => ({ id, name }));
}

async function firstPage<T>(pages: AsyncGenerator<T[], void>): Promise<T[]> {
  const { value } = await pages.next();
  return value ?? [];
}

function unique<T extends Choice>(choices: readonly T[]): T[] {
  return [...new Map(choices.map((each) => [each.id, each])).values()];
}
