import type { CreditsEstimated, Upload } from "@mediaforge/client";
import { mediaForge } from "@/live/client";

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

/** The newest uploads that can be used. */
export async function recentUploads(): Promise<{ path: string; thumbnail: string | undefined }[]> {
  const { value = [] } = await (await mediaForge()).uploads({ pageSize: 24 }).next();
  return (value ?? [])
    .filter(({ status }) => status === "ready")
    .map(({ path, thumbnail_url }) => ({ path, thumbnail: thumbnail_url ?? undefined }));
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
  return unique(
    found.map(({ id, name, prompt, defaults }) => ({
      id,
      name,
      prompt: prompt ?? "",
      defaults: defaults ?? {},
    })),
  );
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
