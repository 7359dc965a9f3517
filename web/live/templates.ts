// Templates that the user may use: their own, those of the team that pays, and public ones. Read once.
import type { Listed, MediaForge, Template } from "@mediaforge/client";
import { reading } from "./listen";
import { currentPayer, usePayer } from "./payer";
import { createStores, type Live, useLive } from "./store";

export type { Saved, Template, TemplateFields, Visibility } from "@mediaforge/client";
export type ListedTemplate = Listed<Template>;

/** How many of each are looked at. */
const MOST = 100;

const templates = createStores<readonly ListedTemplate[]>((accountId) =>
  reading((mf) => shelf((which) => mf.templates.list(which), accountId)),
);

export function useTemplates(): Live<readonly ListedTemplate[]> {
  const payer = usePayer();
  return useLive(payer && templates(payer.accountId));
}

/** After one was made, changed or deleted. */
export function readTemplatesAgain(): void {
  const payer = currentPayer();
  if (payer) templates(payer.accountId).reopen();
}

type Which = Parameters<MediaForge["templates"]["list"]>[0];

/** What is on the user's shelf: the first page of each list, each document once. */
export async function shelf<T extends { readonly id: string }>(
  list: (which: Which) => AsyncGenerator<T[], void>,
  accountId: string,
): Promise<T[]> {
  const teamId = accountId.startsWith("team_") ? accountId.slice(5) : undefined;
  const asked: Which[] = [{}, ...(teamId ? [{ teamId }] : []), { isPublic: true }];
  const pages = asked.map(async (which) => (await list({ ...which, pageSize: MOST }).next()).value ?? []);
  const found = new Map((await Promise.all(pages)).flat().map((each) => [each.id, each]));
  return [...found.values()];
}
