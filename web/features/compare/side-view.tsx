import { type Generation, kindOf, promptOf } from "@/live/generation";
import { Empty } from "@/parts/empty";
import { LazyJobFace as JobFace } from "@/parts/lazy-job-face";
import { Skeleton } from "@/parts/skeleton";
import { compare as words } from "@/words/compare";

export interface Shown {
  readonly name: "A" | "B";
  readonly generation: Generation | undefined;
  readonly hasFailed: boolean;
  /** Which picture, from 0. */
  readonly picture: number;
}

/** Whether there is a picture: then two of them can lie over each other. */
export function pictureOf({ generation, picture }: Shown): string | undefined {
  if (!generation || kindOf(generation) === "video") return undefined;
  return generation.generationData?.imageUrls[picture];
}

export function altOf({ name, generation }: Shown): string {
  return words.side(name, generation ? promptOf(generation) : "");
}

/** One side, fitted and centred: its picture, its film, or why there is none. */
export function SideView({ shown }: { readonly shown: Shown }) {
  const { generation, hasFailed } = shown;
  if (hasFailed) return <Empty>{words.gone}</Empty>;
  if (!generation) return <Skeleton className="absolute inset-0" />;
  const address = pictureOf(shown);
  const film = generation.generationData?.videoUrl;
  if (address) {
    return <img src={address} alt={altOf(shown)} className="absolute inset-0 size-full object-contain" />;
  }
  if (film) {
    return (
      <video
        src={film}
        poster={generation.generationData?.thumbnailUrls[0]}
        aria-label={altOf(shown)}
        controls
        muted
        playsInline
        preload="metadata"
        className="absolute inset-0 size-full"
      />
    );
  }
  return (
    <div className="absolute inset-0 m-auto max-h-80 max-w-96">
      <JobFace generation={generation} />
    </div>
  );
}
