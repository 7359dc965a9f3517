"use client";
import { useLayoutEffect, useRef, useState } from "react";
import { promptOf } from "@/live/generation";
import { useGeneration } from "@/live/read";
import { Dialog } from "@/parts/dialog";
import { FailureCard } from "@/parts/failure-card";
import { useTitle } from "@/parts/title";
import { details as words } from "@/words/details";
import { library } from "@/words/library";
import { Body, Loading } from "./body";
import { HeadButtons, Walk } from "./head-buttons";
import { shortOf } from "./short";
import { useMarks } from "./use-marks";

interface Props {
  readonly path: string;
  /** What is known before it is read. */
  readonly title: string;
  readonly cover: string;
  readonly ratio: number;
  readonly previous: string | undefined;
  readonly next: string | undefined;
  readonly place: string;
  readonly go: (path: string) => void;
  readonly close: () => void;
  readonly remove: (path: string) => void;
}

/**
 * Where the focus begins: before the picture. On the first button it would show that button's tooltip, and Escape
 * would close only that.
 */
function Start() {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => element.current?.focus(), []);
  return <div ref={element} tabIndex={-1} className="outline-none" />;
}

/** A generation over the list that it was opened from. */
export default function DetailsDialog(props: Props) {
  const { path, cover, previous, next, go } = props;
  const { value: generation, failure, again } = useGeneration(path);
  const [chosen, setChosen] = useState<{ readonly path: string; readonly n: number }>();
  const [isPanelShown, setPanelShown] = useState(true);
  const marks = useMarks(generation);
  const title = shortOf(generation ? promptOf(generation) : props.title) || words.untitled;
  const picture = chosen?.path === path ? chosen.n : (generation?.cover ?? 0);
  const ratio = generation?.width && generation.height ? generation.width / generation.height : props.ratio;
  const onPanel = () => setPanelShown(!isPanelShown);
  useTitle(title, library.title);
  return (
    <Dialog
      open
      onOpenChange={(isOpen) => !isOpen && props.close()}
      title={title}
      shape="full"
      className="[&>header>h2]:min-w-0 [&>header>h2]:truncate"
      actions={
        <>
          <Walk {...{ previous, next, go }} place={props.place} />
          <HeadButtons {...{ path, picture, marks, isPanelShown, onPanel }} />
        </>
      }
    >
      <Start />
      {generation ? (
        <Body
          {...{ generation, ratio, cover, picture, marks, isPanelShown, onPanel, go, previous, next }}
          onPicture={(n) => setChosen({ path, n })}
          beside={next ?? previous}
          remove={props.remove}
        />
      ) : failure ? (
        <FailureCard failure={failure} onAgain={again} />
      ) : (
        <Loading cover={cover} title={title} />
      )}
    </Dialog>
  );
}
