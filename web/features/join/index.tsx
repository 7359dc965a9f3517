"use client";
import { useSearchParams } from "next/navigation";
import { type ReactNode, Suspense, useEffect, useState } from "react";
import { forgetCode, takeCode } from "@/kept/invite-code";
import { useTeams } from "@/live/payer";
import { useSession, useUid } from "@/live/session";
import { type Failure, failureOf } from "@/live/store";
import { Button } from "@/parts/button";
import { setLayer } from "@/parts/layers";
import { LinkButton } from "@/parts/link-button";
import { Notice } from "@/parts/notice";
import { Skeleton } from "@/parts/skeleton";
import { refusal } from "@/words/en";
import { teamWords, joinWords as words } from "@/words/people";
import { join } from "./actions";

/** What a code is refused with that is used up, revoked, too old, or for somebody else. */
const ENDED = ["not-found", "illegal-state", "invalid-request"];

export function Join() {
  const uid = useUid();
  return (
    <div className="px-4 py-12">
      <section
        aria-labelledby="join"
        className="mx-auto flex w-full max-w-100 flex-col gap-4 rounded-sheet border border-line bg-surface p-6"
      >
        <h1 id="join" tabIndex={-1} className="font-semibold text-section">
          {words.title}
        </h1>
        <Suspense>
          <Card key={uid} />
        </Suspense>
      </section>
    </div>
  );
}

function Card() {
  const teamId = useSearchParams().get("team") ?? "";
  const { status } = useSession();
  const { value: teams } = useTeams();
  // Read late: there is no fragment while the page is made. Null: there is no code.
  const [code, setCode] = useState<string | null>();
  const [isBusy, setBusy] = useState(false);
  const [role, setRole] = useState<keyof typeof teamWords.roles>();
  const [failure, setFailure] = useState<Failure>();
  useEffect(() => setCode((teamId && takeCode(`team/${teamId}`)) || null), [teamId]);

  const use = async () => {
    if (!code || isBusy) return;
    setBusy(true);
    setFailure(undefined);
    try {
      setRole(await join(teamId, code));
      forgetCode();
    } catch (error) {
      setFailure(failureOf(error)); // the code stays: it may be for another sign-in of the same person
    }
    setBusy(false);
  };
  const own = teams?.find(({ id }) => id === teamId);
  const isEnded = failure && ENDED.includes(failure.reason);

  if (role) return <Inside teamId={teamId}>{words.joined(teamWords.roles[role])}</Inside>;
  if (own) return <Inside teamId={teamId}>{words.already(own.name)}</Inside>;
  if (code === undefined || status === "unknown") return <Skeleton className="h-20" />;
  if (code === null) return <p className="text-body text-text2">{words.noCode}</p>;
  if (isEnded) return <Notice tone="bad">{words.ended}</Notice>;
  return (
    <>
      <p className="text-body text-text2">{words.lead}</p>
      {failure && <Notice tone="bad">{refusal(failure)}</Notice>}
      {status === "out" ? (
        <>
          <Button look="primary" onClick={() => setLayer("signin", true)}>
            {words.signIn}
          </Button>
          <p className="text-meta text-text3">{words.later}</p>
        </>
      ) : (
        <Button look="primary" disabled={isBusy} onClick={() => void use()}>
          {words.join}
        </Button>
      )}
    </>
  );
}

function Inside({ teamId, children }: { readonly teamId: string; readonly children: ReactNode }) {
  return (
    <>
      <p role="status" className="text-body">
        {children}
      </p>
      <LinkButton href={`/team?id=${teamId}`}>{words.open}</LinkButton>
    </>
  );
}
