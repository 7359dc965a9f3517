import type { Listed, PackFields, ReferencePack } from "@mediaforge/client";
import { versioned } from "./versioned";

export type { PackFields, PackReference, ReferencePack, Visibility } from "@mediaforge/client";
export type ListedPack = Listed<ReferencePack>;

export const packs = versioned<ReferencePack, PackFields>((mf) => mf.packs);
export const usePacks = packs.useAll;
