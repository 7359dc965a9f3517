"use client";
import Link from "next/link";
import { useRouter, useSearchParams } from "next/navigation";
import { Suspense, useState } from "react";
import { useTeamAccount } from "@/live/account";
import { type Mine, readTeamsAgain, usePayer, useTeams } from "@/live/payer";
import { useUid } from "@/live/session";
import { useMembers } from "@/live/team";
import { Button } from "@/parts/button";
import { FailureCard } from "@/parts/failure-card";
import { Skeleton } from "@/parts/skeleton";
import { app } from "@/words/en";
import { teamWords as words } from "@/words/people";
import { CreateTeam } from "./create-team";
import { InviteDialog } from "./invite-dialog";
import { Invites } from "./invites";
import { MembersTable } from "./members-table";

const NEW = "new";

export function Team() {
  return (
    <Suspense>
      <Screen />
    </Suspense>
  );
}

function Screen() {
  const router = useRouter();
  const asked = useSearchParams().get("id");
  const payer = usePayer();
  const { value: teams, error } = useTeams();
  // The team that was made just now: the list has it in a moment.
  const [made, setMade] = useState<string>();
  const open = asked ?? payer?.teamId ?? teams?.[0]?.id;
  const team = teams?.find(({ id }) => id === open);
  const isNew = asked === NEW || (!asked && teams?.length === 0);
  return (
    <div className="mx-auto flex max-w-5xl flex-col gap-4 p-4">
      {!team && (
        <h1 tabIndex={-1} className="font-semibold text-page">
          {isNew ? words.createTitle : words.title}
        </h1>
      )}
      {teams && teams.length > 0 && (
        <nav aria-label={words.teams} className="order-first flex flex-wrap gap-1">
          {[...teams, { id: NEW, name: words.create }].map(({ id, name }) => (
            <Link
              key={id}
              href={`/team?id=${id}`}
              aria-current={id === open ? "page" : undefined}
              className="inline-flex h-control items-center rounded-control px-3 text-control hover:bg-hover aria-[current]:bg-tint aria-[current]:text-accent-text"
            >
              {name}
            </Link>
          ))}
        </nav>
      )}
      {team ? (
        <One key={team.id} team={team} onLeft={() => router.push("/team")} />
      ) : isNew ? (
        <>
          <p className="text-body text-text2">{words.lead}</p>
          <CreateTeam
            onMade={(id) => {
              setMade(id);
              router.push(`/team?id=${id}`);
            }}
          />
        </>
      ) : teams && open !== made ? (
        <FailureCard failure={{ reason: "not-found", message: app.notShared }} />
      ) : error ? (
        <FailureCard failure={error} onAgain={readTeamsAgain} />
      ) : (
        <Skeleton className="h-12" />
      )}
    </div>
  );
}

function One({ team, onLeft }: { readonly team: Mine; readonly onLeft: () => void }) {
  const uid = useUid();
  const { value: account } = useTeamAccount(team.id);
  const { value: members } = useMembers(team.id);
  const [isInviting, setInviting] = useState(false);
  // What the listener says is newer than the list of teams.
  const role = members?.find((member) => member.uid === uid)?.role ?? team.role;
  const isOwner = role === "owner";
  return (
    <>
      <header className="flex flex-wrap items-center gap-3">
        <h1 tabIndex={-1} className="font-semibold text-page">
          {team.name}
        </h1>
        {account && (
          <span className="text-control text-text2 tabular-nums">{words.balance(account.available)}</span>
        )}
        {isOwner && (
          <Button look="primary" className="ms-auto" onClick={() => setInviting(true)}>
            {words.invite}
          </Button>
        )}
      </header>
      <MembersTable team={team} isOwner={isOwner} onLeft={onLeft} />
      {isOwner && <Invites teamId={team.id} />}
      {isOwner && <InviteDialog teamId={team.id} open={isInviting} onOpenChange={setInviting} />}
    </>
  );
}
