// How addresses of pages name a generation: `images/UID/JOB`, for the document `generations/UID/images/JOB`.
const ADDRESS = /^(images|videos)\/([^/]+)\/([^/]+)$/;
const PATH = /^generations\/([^/]+)\/(images|videos|trainings)\/([^/]+)$/;

export function addressOf(path: string): string {
  const [, uid, folder, id] = PATH.exec(path) ?? [];
  return `${folder}/${uid}/${id}`;
}

/** The document's path; undefined where the address names none. */
export function pathAt(address: string | null | undefined): string | undefined {
  const [, folder, uid, id] = ADDRESS.exec(address ?? "") ?? [];
  return folder && `generations/${uid}/${folder}/${id}`;
}

/** The id of the job at this path. */
export function jobIdOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The page that shows this generation alone; `n` counts its pictures from 1. */
export function viewAddress(path: string, n = 1): string {
  return `/view?at=${addressOf(path)}${n > 1 ? `&n=${n}` : ""}`;
}

/** What `viewAddress` named, of a whole address of this site; undefined: it names no generation here. */
export function viewAt(address: string, origin: string): { path: string; n: number } | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  const path = url.origin === origin && url.pathname === "/view" && pathAt(url.searchParams.get("at"));
  return path ? { path, n: Math.max(1, Number(url.searchParams.get("n")) || 1) } : undefined;
}

export function useAgainAddress(path: string): string {
  return `/?from=${addressOf(path)}`;
}

const FILE = /^generating\/([^/]+)\/(image|video)\/([^/_.]+)(?:_(\d+))?\.[a-z0-9]+$/i;

/** The generation whose file this is, and which of its pictures (from 1); undefined: an upload. */
export function viewOfFile(file: string): { path: string; n: number } | undefined {
  const [, uid, kind, id, index] = FILE.exec(file) ?? [];
  return uid ? { path: `generations/${uid}/${kind}s/${id}`, n: Number(index ?? 0) + 1 } : undefined;
}
