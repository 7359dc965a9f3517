/** A team's members as its table has them. Pure. */
import type { DailyLimits, ListedMember, MemberLimits } from "@/live/team";

export type Limited = "imagesADay" | "videosADay" | "creditsADay";
export const LIMITED: readonly Limited[] = ["imagesADay", "videosADay", "creditsADay"];

const RANK = { owner: 0, editor: 1, viewer: 2 } as const;

/** Oneself first, then owners, editors, viewers. */
export function sorted(members: readonly ListedMember[], uid: string | undefined): readonly ListedMember[] {
  const rank = (member: ListedMember) => (member.uid === uid ? -1 : RANK[member.role]);
  return members.toSorted((a, b) => rank(a) - rank(b) || (a.uid < b.uid ? -1 : 1));
}

/** A member's limits, under the names that a request has for them. */
export function limitsOf({ images, videos, trainings, credits }: DailyLimits): MemberLimits {
  return {
    imagesADay: images ?? null,
    videosADay: videos ?? null,
    trainingsADay: trainings ?? null,
    creditsADay: credits ?? null,
  };
}

/** What was typed as a limit: nothing is none (null); undefined: no limit can be read of it. */
export function limitIn(text: string): number | null | undefined {
  const typed = text.trim();
  if (!typed) return null;
  return /^\d{1,9}$/.test(typed) ? Number(typed) : undefined;
}

/** What a member has asked for on this UTC day: pieces of work, and credits. */
export function usedToday({ usage }: ListedMember, now: number) {
  if (usage.day !== new Date(now).toISOString().slice(0, 10)) return { pieces: 0, credits: 0 };
  return { pieces: usage.images + usage.videos + usage.trainings, credits: usage.credits };
}

/** Whether the team would have no owner without this one. */
export function isLastOwner(members: readonly ListedMember[], uid: string): boolean {
  const owners = members.filter(({ role }) => role === "owner");
  return owners.length === 1 && owners[0]?.uid === uid;
}
