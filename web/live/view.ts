import { type Generation, generationOf, isOpen } from "./generation";
import { listening } from "./listen";
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
export function readView(path: string): Promise<Generation> {
  return new Promise((resolve, reject) => {
    const stop = listening<Generation>((mf, next, fail) =>
      mf.watch(path, (job) => next(generationOf(job)), fail),
    )(
      (view) => {
        stop();
        resolve(view);
      },
      reject,
      () => {},
    );
  });
}
