// Documents with versions that users write, and that others may use: packs and templates. They are read once, and
// again after each change.
import type { Listed, MediaForge, Saved, Shown } from "@mediaforge/client";
import { mediaForge } from "./client";
import { reading } from "./listen";
import { currentPayer, usePayer } from "./payer";
import { createStores, type Live, useLive } from "./store";

export type { Listed, Saved } from "@mediaforge/client";

/** How many of each list are looked at. */
const MOST = 100;

/** What the client has for them. */
interface Kept<T, Fields> {
  save(fields: Fields & { readonly id?: string; readonly from?: number }): Promise<Saved>;
  remove(id: string): Promise<void>;
  list(which: Shown): AsyncGenerator<Listed<T>[], void>;
}

export interface Versioned<T, Fields> {
  /** The user's own, those of the team that pays, and public ones. */
  readonly useAll: () => Live<readonly Listed<T>[]>;
  readonly readAgain: () => void;
  /** `from`: the version that was changed; refused with `version-changed` where there is another one by now. */
  readonly save: (fields: Fields, id: string | undefined, from: number | undefined) => Promise<Saved>;
  readonly remove: (id: string) => Promise<void>;
  /** One of the user's own as it is now; undefined: there is none. */
  readonly read: (id: string) => Promise<Listed<T> | undefined>;
}

export function versioned<T, Fields extends object>(
  of: (mf: MediaForge) => Kept<T, Fields>,
): Versioned<T, Fields> {
  const stores = createStores<readonly Listed<T>[]>((accountId) => reading((mf) => shelf(of(mf), accountId)));
  const readAgain = () => {
    const payer = currentPayer();
    if (payer) stores(payer.accountId).reopen();
  };
  return {
    useAll() {
      const payer = usePayer();
      return useLive(payer && stores(payer.accountId));
    },
    readAgain,
    async save(fields, id, from) {
      const saved = await of(await mediaForge()).save({
        ...fields,
        ...(id && { id }),
        ...(from && { from }),
      });
      readAgain();
      return saved;
    },
    async remove(id) {
      await of(await mediaForge()).remove(id);
      readAgain();
    },
    async read(id) {
      for await (const page of of(await mediaForge()).list({ pageSize: MOST })) {
        const found = page.find((each) => each.id === id);
        if (found) return found;
      }
      return undefined;
    },
  };
}

/** The first page of each list, each document once. */
async function shelf<T, Fields>(kept: Kept<T, Fields>, accountId: string): Promise<Listed<T>[]> {
  const teamId = accountId.startsWith("team_") ? accountId.slice(5) : undefined;
  const asked: Shown[] = [{}, ...(teamId ? [{ teamId }] : []), { isPublic: true }];
  const pages = asked.map(
    async (which) => (await kept.list({ ...which, pageSize: MOST }).next()).value ?? [],
  );
  const found = new Map((await Promise.all(pages)).flat().map((each) => [each.id, each]));
  return [...found.values()];
}
