import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { type ReactNode, useState } from "react";
import { filesOf, packed, save } from "@/live/files";
import { type Item, itemAt, type Shelf } from "@/live/found";
import { mark } from "@/live/marks";
import { useOnline } from "@/live/online";
import { useRole } from "@/live/payer";
import { failureOf } from "@/live/store";
import { useDeleting } from "@/parts/deleting";
import { addressOf, useAgainAddress } from "@/parts/generation-address";
import { announce } from "@/parts/live-region";
import { commonTags } from "@/parts/tags";
import { toast } from "@/parts/toasts";
import { app, refusal } from "@/words/en";
import { library as words } from "@/words/library";

const TagsDialog = dynamic(() => import("@/parts/tags-dialog").then(({ TagsDialog }) => TagsDialog), {
  ssr: false,
});

export interface Acts {
  /** Why some of them cannot be done now; undefined: they can. */
  readonly unavailable: {
    readonly line: string | undefined;
    readonly mark: string | undefined;
    readonly remove: string | undefined;
  };
  areFavourites(paths: readonly string[]): boolean;
  favourite(paths: readonly string[]): void;
  tag(paths: readonly string[]): void;
  compare(paths: readonly string[]): void;
  useAgain(path: string): void;
  /** Its first picture, into the prompt bar as it is. */
  useAsReference(path: string): void;
  isImage(path: string): boolean;
  download(paths: readonly string[]): void;
  remove(paths: readonly string[]): void;
}

/** What can be done with generations of the shelf. `layers` are its dialogs. */
export function useActs(
  shelf: Shelf | undefined,
  afterRemoval: (gone: readonly string[]) => void,
): { acts: Acts; layers: ReactNode } {
  const router = useRouter();
  const [tagged, setTagged] = useState<readonly string[]>([]);
  const [isTagging, setTagging] = useState(false);
  const deleting = useDeleting(afterRemoval);
  const isOnline = useOnline();
  const isViewer = useRole() === "viewer";
  const line = isOnline ? undefined : words.needsLine;
  const mayMark = line ?? (isViewer ? words.viewer : undefined);

  const items = (paths: readonly string[]): Item[] => {
    const named = new Set(paths);
    return (shelf?.paths ?? []).flatMap((path, index) => {
      const item = named.has(path) && shelf && itemAt(shelf, index);
      return item ? [item] : [];
    });
  };
  const areFavourites = (paths: readonly string[]) => items(paths).every(({ isFavourite }) => isFavourite);
  const acts: Acts = {
    unavailable: { line, mark: mayMark, remove: line },
    areFavourites,
    favourite(paths) {
      if (!mayMark) mark(paths, { favourite: !areFavourites(paths) }).catch(complain);
    },
    tag(paths) {
      if (mayMark) return;
      setTagged(paths);
      setTagging(true);
    },
    compare([left, right]) {
      if (left && right) router.push(`/compare?l=${addressOf(left)}&r=${addressOf(right)}`);
    },
    useAgain(path) {
      router.push(useAgainAddress(path));
    },
    useAsReference(path) {
      router.push(`${useAgainAddress(path)}&use=reference&n=1`);
    },
    isImage: (path) => items([path]).every(({ isVideo, status }) => !isVideo && status === "completed"),
    download(paths) {
      if (!line) void download(paths, items(paths));
    },
    remove(paths) {
      const favourites = items(paths).filter(({ isFavourite }) => isFavourite).length;
      if (!line) deleting.remove(paths, favourites);
    },
  };
  const layers = (
    <>
      {deleting.question}
      {tagged.length > 0 && (
        <TagsDialog
          open={isTagging}
          onOpenChange={setTagging}
          count={tagged.length}
          tags={commonTags(items(tagged).map(({ tags }) => tags))}
          onSave={(tags) => mark(tagged, { tags }).catch(complain)}
        />
      )}
    </>
  );
  return { acts, layers };
}

function complain(error: unknown): void {
  toast({ text: refusal(failureOf(error)), isError: true });
}

/** One file as it is; more than one packed into one, which takes the backend a while. */
async function download(paths: readonly string[], items: readonly Item[]): Promise<void> {
  const [only] = paths;
  try {
    if (only && paths.length === 1 && items[0]?.count === 1) {
      const [file] = await filesOf(only);
      if (file) save(file);
      return;
    }
    announce(words.packing(paths.length));
    const close = toast({ text: words.packing(paths.length) });
    const file = await packed(paths);
    close();
    // Minutes may have passed: a download that nobody expects is no help.
    toast({ text: words.packed(paths.length), action: { label: words.download, run: () => save(file) } });
  } catch (error) {
    toast({ text: words.notPacked(refusal(failureOf(error)) || app.failed), isError: true });
  }
}
