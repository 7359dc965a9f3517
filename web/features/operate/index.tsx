"use client";
import dynamic from "next/dynamic";
import { Suspense } from "react";
import { useIsAdmin } from "@/live/claims";
import { Empty } from "@/parts/empty";
import { Skeleton } from "@/parts/skeleton";
import { closedWords as words } from "@/words/closed";
import { app, places } from "@/words/en";

// Nobody else loads it.
const Desk = dynamic(() => import("./desk").then(({ Desk }) => Desk), {
  ssr: false,
  loading: () => <Skeleton className="h-12 w-full" />,
});

/** For administrators. For anybody else there is nothing here, and the backend says so, too. */
export function Operate() {
  const isAdmin = useIsAdmin();
  return (
    <div className="mx-auto flex max-w-[960px] flex-col gap-3 px-4 py-4">
      <h1 tabIndex={-1} className="text-page font-semibold outline-none">
        {isAdmin === false ? app.notFound : places.operate}
      </h1>
      {isAdmin === undefined && <Skeleton className="h-12 w-full" />}
      {isAdmin === false && <Empty>{words.notAdmin}</Empty>}
      {isAdmin && (
        <Suspense>
          <Desk />
        </Suspense>
      )}
    </div>
  );
}
