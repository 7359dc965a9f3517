import { useState } from "react";
import { choosePayer, currentPayer, type Mine } from "@/live/payer";
import { useSession } from "@/live/session";
import { failureOf } from "@/live/store";
import { type ListedMember, readMembersAgain, useMembers } from "@/live/team";
import { FailureCard } from "@/parts/failure-card";
import { LazyAlertDialog as AlertDialog } from "@/parts/lazy-dialog";
import { announce } from "@/parts/live-region";
import { Notice } from "@/parts/notice";
import { Skeleton } from "@/parts/skeleton";
import { refusal } from "@/words/en";
import { teamWords as words } from "@/words/people";
import { remove, setLimits, setRole } from "./actions";
import { MemberRow } from "./member-row";
import { isLastOwner, LIMITED, limitsOf, sorted } from "./members";

interface Props {
  readonly team: Mine;
  readonly isOwner: boolean;
  readonly onLeft: () => void;
}

export function MembersTable({ team, isOwner, onLeft }: Props) {
  const session = useSession();
  const user = session.status === "in" ? session.user : undefined;
  const { value: members, error } = useMembers(team.id);
  const [ending, setEnding] = useState<ListedMember>();
  const [isAsking, setAsking] = useState(false);
  const [failed, setFailed] = useState<string>();
  const nameOf = ({ uid, name }: ListedMember) =>
    uid === user?.uid ? words.you(name ?? user.name) : (name ?? words.somebody(uid));
  const doing = (act: Promise<void>, says?: string) => {
    setFailed(undefined);
    return act.then(
      () => says && announce(says),
      (error: unknown) => setFailed(refusal(failureOf(error))),
    );
  };
  const end = async ({ uid }: ListedMember) => {
    if (uid !== user?.uid) return doing(remove(team.id, uid));
    await doing(
      remove(team.id, uid).then(() => {
        if (currentPayer()?.teamId === team.id) choosePayer(undefined);
        onLeft();
      }),
      words.left(team.name),
    );
  };

  if (error && !members) return <FailureCard failure={error} onAgain={() => readMembersAgain(team.id)} />;
  if (!members)
    return (
      <div className="flex flex-col gap-1">
        {["a", "b", "c", "d"].map((row) => (
          <Skeleton key={row} className="h-12" />
        ))}
      </div>
    );
  const isSelf = ending?.uid === user?.uid;
  const heads = [words.member, words.role, ...LIMITED.map((of) => words.limits[of]), words.today];
  return (
    <>
      {failed && <Notice tone="bad">{failed}</Notice>}
      <section
        aria-label={words.members(team.name)}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
        tabIndex={0}
        className="relative overflow-x-auto rounded-panel border border-line bg-surface"
      >
        <table className="w-full text-control">
          <thead>
            <tr>
              {heads.map((head) => (
                <th
                  key={head}
                  scope="col"
                  className="whitespace-nowrap p-2 text-start font-normal text-text2"
                >
                  {head}
                </th>
              ))}
              <th scope="col" className="p-2">
                <span className="sr-only">{words.acts}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted(members, user?.uid).map((member) => (
              <MemberRow
                key={member.uid}
                member={member}
                name={nameOf(member)}
                isOwn={member.uid === user?.uid}
                isManaged={isOwner}
                isNeeded={isLastOwner(members, member.uid)}
                onRole={(role) => void doing(setRole(team.id, member.uid, role))}
                onLimit={(of, limit) => {
                  const limits = { ...limitsOf(member.limits), [of]: limit };
                  void doing(setLimits(team.id, member.uid, limits), words.limitsSaved(nameOf(member)));
                }}
                onEnd={() => {
                  setEnding(member);
                  setAsking(true);
                }}
              />
            ))}
          </tbody>
        </table>
      </section>
      {ending && (
        <AlertDialog
          open={isAsking}
          onOpenChange={setAsking}
          title={isSelf ? words.leaveTitle(team.name) : words.removeTitle(nameOf(ending))}
          body={isSelf ? words.leaveBody : words.removeBody}
          keep={words.keep}
          confirm={isSelf ? words.leave : words.remove}
          onConfirm={() => void end(ending)}
        />
      )}
    </>
  );
}
