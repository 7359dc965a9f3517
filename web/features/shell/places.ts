import {
  Braces,
  Brush,
  CircleUser,
  Images,
  Layers,
  type LucideIcon,
  Rows3,
  Stamp,
  Users,
} from "lucide-react";
import { places as words } from "@/words/en";

export interface Place {
  readonly id:
    | "create"
    | "library"
    | "batches"
    | "packs"
    | "templates"
    | "brands"
    | "team"
    | "account"
    | "operate";
  readonly href: string;
  readonly label: string;
  readonly icon: LucideIcon;
  /** Other addresses that are part of it. */
  readonly also?: readonly string[];
}

export const PLACES: readonly Place[] = [
  { id: "create", href: "/", label: words.create, icon: Brush },
  { id: "library", href: "/library", label: words.library, icon: Images, also: ["/view", "/compare"] },
  { id: "batches", href: "/batches", label: words.batches, icon: Rows3, also: ["/batch", "/batches/new"] },
  { id: "packs", href: "/packs", label: words.packs, icon: Layers },
  { id: "templates", href: "/templates", label: words.templates, icon: Braces },
  { id: "brands", href: "/brands", label: words.brands, icon: Stamp },
];

export const OWN_PLACES: readonly Place[] = [
  { id: "account", href: "/account", label: words.account, icon: CircleUser },
  { id: "team", href: "/team", label: words.team, icon: Users, also: ["/join"] },
];

export function isAt({ href, also = [] }: Place, pathname: string): boolean {
  return pathname === href || also.includes(pathname);
}
