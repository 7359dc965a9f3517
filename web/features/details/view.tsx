"use client";
import { useRouter, useSearchParams } from "next/navigation";
import { Suspense, useState } from "react";
import { promptOf } from "@/live/generation";
import { useGeneration } from "@/live/read";
import { useDeleting, useUndoToasts } from "@/parts/deleting";
import { Empty } from "@/parts/empty";
import { FailureCard } from "@/parts/failure-card";
import { pathAt, viewAddress } from "@/parts/generation-address";
import { useTitle } from "@/parts/title";
import { details as words } from "@/words/details";
import { Body, Loading } from "./body";
import { HeadButtons } from "./head-buttons";
import { shortOf } from "./short";
import { useMarks } from "./use-marks";

/** A generation alone, by its address: what "Copy link" gives. */
export default function View() {
  return (
    <Suspense fallback={<h1 className="sr-only">{words.screen}</h1>}>
      <Screen />
    </Suspense>
  );
}

function Screen() {
  const router = useRouter();
  const query = useSearchParams();
  const path = pathAt(query.get("at"));
  const { value: generation, failure, again } = useGeneration(path);
  const [isPanelShown, setPanelShown] = useState(true);
  const marks = useMarks(generation);
  const deleting = useDeleting(() => router.push("/library"));
  useUndoToasts();
  const title = generation ? shortOf(promptOf(generation)) || words.untitled : words.screen;
  useTitle(title, words.screen);

  const asked = Number(query.get("n")) - 1;
  const made = generation?.generationData?.imageUrls.length ?? 0;
  const picture = asked >= 0 && asked < made ? asked : (generation?.cover ?? 0);
  const ratio = generation?.width && generation.height ? generation.width / generation.height : 1;
  const onPanel = () => setPanelShown(!isPanelShown);
  const onPicture = (n: number) => path && window.history.replaceState(null, "", viewAddress(path, n + 1));
  return (
    <div className="flex h-[calc(100dvh-1px)] min-h-0 flex-col px-4 pb-4 max-tablet:h-auto max-tablet:min-h-[calc(100dvh-104px)]">
      <header className="flex items-center gap-1 py-3">
        <h1 tabIndex={-1} className="mr-auto min-w-0 truncate font-semibold text-section outline-none">
          {title}
        </h1>
        {path && generation && <HeadButtons {...{ path, picture, marks, isPanelShown, onPanel }} />}
      </header>
      <div className="min-h-0 flex-1">
        {!path ? (
          <Empty>{words.noAddress}</Empty>
        ) : generation ? (
          <Body
            {...{ generation, ratio, picture, marks, isPanelShown, onPanel, onPicture }}
            cover=""
            beside={undefined}
            go={(next) => router.push(viewAddress(next))}
            remove={(gone) => deleting.remove([gone], marks.isFavourite ? 1 : 0)}
          />
        ) : failure ? (
          <FailureCard failure={failure} onAgain={again} />
        ) : (
          <Loading cover="" title={title} />
        )}
      </div>
      {deleting.question}
    </div>
  );
}
