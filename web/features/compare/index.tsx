"use client";
import { ArrowLeftRight } from "lucide-react";
import Link from "next/link";
import { Suspense, useState } from "react";
import type { Generation } from "@/live/generation";
import { useGeneration } from "@/live/read";
import { Button } from "@/parts/button";
import { CopyLink } from "@/parts/copy-button";
import { Empty } from "@/parts/empty";
import { FailureCard } from "@/parts/failure-card";
import { Skeleton } from "@/parts/skeleton";
import { useTitle } from "@/parts/title";
import { compare as words } from "@/words/compare";
import { ModeChoice } from "./mode-choice";
import type { Side } from "./pair";
import { SettingsTable } from "./settings-table";
import { SideHead } from "./side-head";
import type { Shown } from "./side-view";
import { Stage } from "./stage";
import { useCompareKeys } from "./use-compare-keys";
import { useKeeping } from "./use-keeping";
import { usePair } from "./use-pair";
import { Voting } from "./voting";

export function Compare() {
  return (
    <Suspense fallback={<h1 className="p-4 font-semibold text-page">{words.title}</h1>}>
      <Screen />
    </Suspense>
  );
}

function Screen() {
  const { pair, isLoading, failure, go, swap, walk, neighbour } = usePair();
  const [front, setFront] = useState<"A" | "B">("A");
  const left = useGeneration(pair.left?.path);
  const right = useGeneration(pair.right?.path);
  const views = { left: left.value, right: right.value };
  const keeping = useKeeping({
    ...pair,
    views,
    onStored: (id) => go({ ...pair, id }),
  });
  const flick = () => {
    if (pair.mode !== "flick") go({ ...pair, mode: "flick" });
    setFront(front === "A" ? "B" : "A");
  };
  useCompareKeys({ flick, swap, walk, vote: (choice) => !keeping.whyNot && void keeping.onVote(choice) });
  useTitle(words.title);

  const shown = {
    left: shownOf("A", pair.left, left.value, left.failure !== undefined),
    right: shownOf("B", pair.right, right.value, right.failure !== undefined),
  };
  return (
    <div className="flex flex-col gap-3 px-4 py-4 max-tablet:px-2">
      <header className="flex flex-wrap items-center gap-2">
        <h1 tabIndex={-1} className="mr-auto font-semibold text-page outline-none max-tablet:sr-only">
          {words.title}
        </h1>
        <ModeChoice mode={pair.mode} onChoose={(mode) => go({ ...pair, mode }, "push")} />
        <Button icon={<ArrowLeftRight size={16} aria-hidden />} onClick={swap} aria-keyshortcuts="s">
          {words.swap}
        </Button>
        <CopyLink label={words.copyLink} />
      </header>
      {failure ? (
        <FailureCard failure={failure} />
      ) : isLoading ? (
        <div className="flex h-[60dvh] gap-1">
          <Skeleton className="h-full flex-1" />
          <Skeleton className="h-full flex-1" />
        </div>
      ) : !pair.left || !pair.right ? (
        <Empty
          action={
            <Link href="/library" className="text-accent-text underline-offset-2 hover:underline">
              {words.library}
            </Link>
          }
        >
          {words.choose}
        </Empty>
      ) : (
        <>
          <div className="flex flex-wrap justify-between gap-2">
            <SideHead
              shown={shown.left}
              side="left"
              neighbour={neighbour}
              walk={walk}
              path={pair.left.path}
            />
            <SideHead
              shown={shown.right}
              side="right"
              neighbour={neighbour}
              walk={walk}
              path={pair.right.path}
            />
          </div>
          <div className="flex h-[calc(100dvh-300px)] min-h-72 flex-col">
            <Stage mode={pair.mode} left={shown.left} right={shown.right} front={front} onFlick={flick} />
          </div>
          <Voting {...keeping} onVote={(choice) => void keeping.onVote(choice)} />
          {views.left && views.right && <SettingsTable left={views.left} right={views.right} />}
        </>
      )}
    </div>
  );
}

function shownOf(
  name: "A" | "B",
  side: Side | undefined,
  generation: Generation | undefined,
  hasFailed: boolean,
): Shown {
  return { name, generation, hasFailed, picture: side?.picture ?? generation?.cover ?? 0 };
}
