// Reference packs that the user may use: their own, those of the team that pays, and public ones. Read once.
import type { Listed, ReferencePack, Upload } from "@mediaforge/client";
import { mediaForge } from "./client";
import { reading } from "./listen";
import { currentPayer, usePayer } from "./payer";
import { currentUid, useUid } from "./session";
import { createStores, type Live, useLive } from "./store";
import { shelf } from "./templates";

export type { PackFields, PackReference, ReferencePack } from "@mediaforge/client";
export type ListedPack = Listed<ReferencePack>;
export type ListedUpload = Listed<Upload>;

const packs = createStores<readonly ListedPack[]>((accountId) =>
  reading((mf) => shelf((which) => mf.packs.list(which), accountId)),
);

export function usePacks(): Live<readonly ListedPack[]> {
  const payer = usePayer();
  return useLive(payer && packs(payer.accountId));
}

/** After one was made, changed or deleted. */
export function readPacksAgain(): void {
  const payer = currentPayer();
  if (payer) packs(payer.accountId).reopen();
}

const UPLOADS = 60;
const uploads = createStores<readonly ListedUpload[]>(() =>
  reading(async (mf) => (await mf.uploads({ pageSize: UPLOADS }).next()).value ?? []),
);

/** The newest uploads of the user, with the addresses of their thumbnails. */
export function useUploads(): Live<readonly ListedUpload[]> {
  const uid = useUid();
  return useLive(uid ? uploads(uid) : undefined);
}

export function readUploadsAgain(uid: string): void {
  uploads(uid).reopen();
}

/** Answers the path of the upload once the backend has checked it. */
export async function uploadPicture(file: File, onPercent: (percent: number) => void): Promise<string> {
  const { path } = await (await mediaForge()).uploadReference(file, {
    onProgress: ({ sentBytes, totalBytes }) => onPercent(Math.round((sentBytes / totalBytes) * 100)),
  });
  const uid = currentUid();
  if (uid) readUploadsAgain(uid);
  return path;
}
