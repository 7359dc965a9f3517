import { Wrench } from "lucide-react";
import { useIsAdmin } from "@/live/claims";
import { places as words } from "@/words/en";
import { OWN_PLACES, type Place } from "./places";

/** For administrators only. */
const OPERATE: Place = { id: "operate", href: "/operate", label: words.operate, icon: Wrench };
const OF_ADMINS: readonly Place[] = [...OWN_PLACES, OPERATE];

/** What is the user's own; an administrator has one place more. */
export function useOwnPlaces(): readonly Place[] {
  return useIsAdmin() ? OF_ADMINS : OWN_PLACES;
}
