/** A pack as its form has it. Pure. */
import type { Catalog } from "@/live/catalog";
import { isSized } from "@/live/catalog";
import type { PackFields, PackReference, ReferencePack, Visibility } from "@/live/packs";
import { packWords as words } from "@/words/shelf";

export const PICTURES_MAX = 6;

export interface PackForm {
  readonly name: string;
  readonly visibility: Visibility;
  readonly teamId: string | undefined;
  readonly references: readonly PackReference[];
}

export const EMPTY: PackForm = { name: "", visibility: "private", teamId: undefined, references: [] };

export const formOf = ({ name, visibility, team_id, references }: ReferencePack): PackForm => ({
  name,
  visibility,
  teamId: team_id ?? undefined,
  references,
});

export function fieldsOf({ name, visibility, teamId, references }: PackForm): PackFields {
  return {
    name: name.trim(),
    visibility,
    references: references.map(({ path, mode, caption }) => ({
      path,
      mode,
      ...(caption?.trim() && { caption: caption.trim() }),
    })),
    ...(visibility === "team" && teamId && { team_id: teamId }),
  };
}

/** What is missing before it can be saved; undefined: nothing. */
export function lackOf({ name, references }: PackForm): string | undefined {
  if (!name.trim()) return words.needsName;
  return references.length ? undefined : words.needsPicture;
}

/** With these pictures behind those that are there: each once, six in all. */
export function withPictures(
  references: readonly PackReference[],
  paths: readonly string[],
): PackReference[] {
  const fresh = paths.filter((path) => !references.some((each) => each.path === path));
  const added = [...new Set(fresh)].map((path): PackReference => ({ path, mode: "style_only" }));
  return [...references, ...added].slice(0, PICTURES_MAX);
}

export function withMoved<T>(all: readonly T[], at: number, by: -1 | 1): readonly T[] {
  const moved = all[at];
  const to = at + by;
  if (moved === undefined || to < 0 || to >= all.length) return all;
  return all.toSpliced(at, 1).toSpliced(to, 0, moved);
}

/** Where the model of a request that names none takes fewer pictures than these: which, and who takes all. */
export function limitOf(
  catalog: Catalog,
  count: number,
): { readonly model: string; readonly takes: number; readonly others: readonly string[] } | undefined {
  const models = catalog.models
    .filter(isSized)
    .filter(({ kind, available }) => kind === "image" && available);
  const usual = models.find(({ id }) => id === catalog.defaults.image);
  if (!usual || usual.referencesMax >= count) return undefined;
  const others = models.filter(({ referencesMax }) => referencesMax >= count).map(({ title }) => title);
  return { model: usual.title, takes: usual.referencesMax, others };
}
