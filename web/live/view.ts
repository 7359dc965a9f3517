import { type Generation, generationOf, isOpen } from "./generation";
import { listening, once } from "./listen";
import { createStores, type Live, useLive } from "./store";

const views = createStores<Generation>(
  (path) => listening((mf, next, fail) => mf.watch(path, (job) => next(generationOf(job)), fail)),
  isOpen,
);

/** One generation by its path `generations/{uid}/{folder}/{id}`, as long as somebody looks at it. */
export function useView(path: string | undefined): Live<Generation> {
  return useLive(path ? views(path) : undefined);
}

/** How a job ended, or how it is now where it is still open; one read. */
export const readView = once<Generation>((mf, path, next, fail) =>
  mf.watch(path, (job) => next(generationOf(job)), fail),
);
