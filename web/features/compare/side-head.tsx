import { ChevronLeft, ChevronRight } from "lucide-react";
import Link from "next/link";
import { viewAddress } from "@/parts/generation-address";
import { IconButton } from "@/parts/icon-button";
import { compare as words } from "@/words/compare";
import { altOf, type Shown } from "./side-view";

interface Props {
  readonly shown: Shown;
  readonly side: "left" | "right";
  readonly path: string;
  readonly neighbour: (side: "left" | "right", step: 1 | -1) => string | undefined;
  readonly walk: (side: "left" | "right", step: 1 | -1) => void;
}

/** Which one it is, a way to look at it alone, and to another one of the list that one came from. */
export function SideHead({ shown, side, path, neighbour, walk }: Props) {
  const { name } = shown;
  const [before, after] = [neighbour(side, -1), neighbour(side, 1)];
  return (
    <div className="flex min-w-0 max-w-[48%] items-center gap-1 text-control max-tablet:max-w-full">
      {(before || after) && (
        <IconButton label={words.previous(name)} disabled={!before} onClick={() => walk(side, -1)}>
          <ChevronLeft size={16} aria-hidden />
        </IconButton>
      )}
      <Link
        href={viewAddress(path, shown.picture + 1)}
        className="truncate text-accent-text underline-offset-2 hover:underline"
      >
        {altOf(shown)}
      </Link>
      {(before || after) && (
        <IconButton label={words.next(name)} disabled={!after} onClick={() => walk(side, 1)}>
          <ChevronRight size={16} aria-hidden />
        </IconButton>
      )}
    </div>
  );
}
