"use client";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { promptOf } from "@/live/generation";
import { useGeneration } from "@/live/read";
import { Dialog } from "@/parts/dialog";
import { FailureCard } from "@/parts/failure-card";
import type { Opened } from "@/parts/opened";
import { useTitle } from "@/parts/title";
import { details as words } from "@/words/details";
import { library } from "@/words/library";
import { Body, Loading } from "./body";
import { HeadButtons, Walk } from "./head-buttons";
import { shortOf } from "./short";
import { useMarks } from "./use-marks";

/**
 * Where the focus begins: before the picture. Escape closes the dialog from here, before a toast over
 * the page takes it: to close that would end the time in which a deletion can be undone.
 */
function Start({ onEscape }: { readonly onEscape: () => void }) {
  const element = useRef<HTMLDivElement>(null);
  const now = useRef(onEscape);
  useLayoutEffect(() => {
    now.current = onEscape;
  });
  useLayoutEffect(() => element.current?.focus(), []);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const own = element.current?.closest("[role=dialog]");
      // Menus and dialogs that are open over this one are not within it: their Escape is theirs.
      const isOwn = event.target instanceof Element && event.target.closest("[role=dialog]") === own;
      if (event.key !== "Escape" || !isOwn) return;
      event.preventDefault();
      event.stopPropagation();
      now.current();
    };
    window.addEventListener("keydown", press, { capture: true });
    return () => window.removeEventListener("keydown", press, { capture: true });
  }, []);
  return <div ref={element} tabIndex={-1} className="outline-none" />;
}

/** A generation over the list that it was opened from. */
export default function DetailsDialog(props: Opened) {
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
      <Start onEscape={props.close} />
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
