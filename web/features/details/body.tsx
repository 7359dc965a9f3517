import dynamic from "next/dynamic";
import { type ReactNode, useEffect, useState } from "react";
import { type Generation, kindOf, promptOf } from "@/live/generation";
import { Button } from "@/parts/button";
import { useShortcuts } from "@/parts/keys";
import { Skeleton } from "@/parts/skeleton";
import { details as words } from "@/words/details";
import { job as jobWords } from "@/words/en";
import { ActionsBar } from "./actions-bar";
import { Facts } from "./facts";
import { PictureStrip } from "./picture-strip";
import { PictureStage, VideoStage } from "./stage";
import { type Around, useDetailActs } from "./use-detail-acts";
import { useDetailKeys } from "./use-detail-keys";
import type { useMarks } from "./use-marks";

// Of most that are opened there is a picture.
const Face = dynamic(() => import("./face").then(({ Face }) => Face), { ssr: false });
const TagsDialog = dynamic(() => import("@/parts/tags-dialog").then(({ TagsDialog }) => TagsDialog), {
  ssr: false,
});

interface Props extends Around {
  readonly generation: Generation;
  readonly ratio: number;
  readonly cover: string;
  readonly picture: number;
  readonly onPicture: (n: number) => void;
  readonly marks: ReturnType<typeof useMarks>;
  readonly isPanelShown: boolean;
  readonly onPanel: () => void;
  readonly go: (path: string) => void;
  readonly previous?: string | undefined;
  readonly next?: string | undefined;
}

/** A generation: what was made, what of, and what can be done with it. */
export function Body(props: Props) {
  const { generation, picture, onPicture, marks, previous, next, go } = props;
  const [isZoomed, setZoomed] = useState(false);
  const [isTagging, setTagging] = useState(false);
  const acts = useDetailActs(generation, picture, props);
  const output = generation.generationData;
  const thumbnails = output?.thumbnailUrls ?? [];
  useEffect(() => setZoomed(false), [generation.path, picture]);
  useDetailKeys({
    previous: previous && !isZoomed ? () => go(previous) : undefined,
    next: next && !isZoomed ? () => go(next) : undefined,
    choose: (n) => n < thumbnails.length && onPicture(n),
  });
  useShortcuts({
    favourite: () => !acts.whyNotMark && marks.change({ favourite: !marks.isFavourite }),
    tag: () => !acts.whyNotMark && setTagging(true),
    compare: acts.compare,
    useAgain: () => acts.useAgain(),
    variations: () => acts.price !== undefined && !acts.whyNotSpend && acts.sendVariations(),
    download: acts.download,
    delete: () => acts.hasEnded && !acts.whyNotRemove && acts.remove(),
    zoom: () => setZoomed(!isZoomed),
    info: props.onPanel,
  });

  const prompt = promptOf(generation);
  const alt = jobWords.alt(prompt, picture + 1, thumbnails.length);
  const missing = generation.missing ?? 0;
  return (
    <Columns
      left={
        <>
          {generation.status !== "completed" || !output ? (
            <Face generation={generation} ratio={props.ratio} mayAct={!acts.whyNotSpend} go={go} />
          ) : kindOf(generation) === "video" && output.videoUrl ? (
            <VideoStage
              name={words.video(prompt)}
              address={output.videoUrl}
              poster={thumbnails[0]}
              ratio={props.ratio}
            />
          ) : (
            <PictureStage
              alt={alt}
              full={output.imageUrls[picture]}
              thumbnail={thumbnails[picture] ?? props.cover}
              isZoomed={isZoomed}
              onZoom={setZoomed}
            />
          )}
          <PictureStrip thumbnails={thumbnails} missing={missing} current={picture} onChoose={onPicture} />
          {thumbnails.length > 1 && picture !== marks.cover && (
            <Button
              look="link"
              className="self-center"
              unavailable={acts.whyNotMark}
              onClick={() => marks.change({ cover: picture })}
            >
              {words.cover}
            </Button>
          )}
          {missing > 0 && generation.status === "completed" && (
            <p className="flex items-center justify-center gap-2 pb-2 text-control text-text2">
              {jobWords.partial(
                generation.count - missing,
                generation.count,
                generation.credits.estimated - generation.credits.charged,
              )}
              <Button look="link" unavailable={acts.whyNotSpend} onClick={acts.sendRest}>
                {jobWords.rest(missing)}
              </Button>
            </p>
          )}
        </>
      }
      right={
        props.isPanelShown && (
          <>
            <ActionsBar acts={acts} />
            <Facts
              generation={generation}
              picture={picture}
              tags={marks.tags}
              onTags={() => setTagging(true)}
              whyNot={acts.whyNotMark}
            />
            {isTagging && (
              <TagsDialog
                open
                onOpenChange={setTagging}
                count={1}
                tags={marks.tags}
                onSave={(tags) => marks.change({ tags })}
              />
            )}
          </>
        )
      }
    />
  );
}

/** Before it is read: the thumbnail at its final size, and the lines that text will take. */
export function Loading({ cover, title }: { cover: string; title: string }) {
  return (
    <Columns
      left={
        <PictureStage
          alt={title}
          full={undefined}
          thumbnail={cover || undefined}
          isZoomed={false}
          onZoom={() => {}}
        />
      }
      right={[0, 1, 2].map((line) => <Skeleton key={line} className="h-4" />)}
    />
  );
}

function Columns({ left, right }: { left: ReactNode; right: ReactNode }) {
  return (
    <div className="flex h-full min-h-0 gap-4 max-desktop:flex-col max-desktop:overflow-y-auto">
      <div className="flex min-h-0 min-w-0 flex-1 flex-col max-desktop:h-[62dvh] max-desktop:flex-none">
        {left}
      </div>
      {right && (
        <div className="flex w-80 shrink-0 flex-col gap-4 desktop:overflow-y-auto max-desktop:w-full">
          {right}
        </div>
      )}
    </div>
  );
}
