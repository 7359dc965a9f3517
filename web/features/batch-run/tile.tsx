import { CirclePause, CircleSlash, Clock, Play, TriangleAlert } from "lucide-react";
import type { BatchRow } from "@/live/batches";
import { runWords as words } from "@/words/batches";
import { failure } from "@/words/en";

interface Props {
  readonly row: BatchRow;
  readonly isPaused: boolean;
  readonly isList: boolean;
  readonly onOpen: () => void;
}

export const promptOf = ({ request_data }: BatchRow): string => {
  const { prompt, title, variables } = request_data as {
    prompt?: string;
    title?: string;
    variables?: Record<string, string>;
  };
  return title ?? prompt ?? Object.values(variables ?? {}).join(", ");
};

/** One row: its picture, or why there is none. Its place says its number, so all are squares. */
export function Tile({ row, isPaused, isList, onOpen }: Props) {
  const prompt = promptOf(row);
  const status = words.statuses[row.status];
  const label = words.tile(row.index + 1, status, prompt);
  const thumbnail = row.generation_data?.thumbnail_urls[0];
  if (isList)
    return (
      <button
        type="button"
        onClick={onOpen}
        aria-label={label}
        className="flex min-h-14 w-full items-center gap-3 rounded-control px-2 text-start text-control hover:bg-hover"
      >
        <span className="w-8 text-end text-text3 tabular-nums">{row.index + 1}</span>
        <span className="relative size-12 shrink-0 overflow-hidden rounded-picture bg-sunken">
          <Face row={row} thumbnail={thumbnail} isPaused={isPaused} />
        </span>
        <span className="min-w-0 grow truncate">{prompt}</span>
        <span className={`max-w-1/2 truncate ${row.status === "failed" ? "text-bad" : "text-text2"}`}>
          {row.error ? failure(row.error, row.attempt, row.credits.charged).says : status}
        </span>
      </button>
    );
  return (
    <button
      type="button"
      onClick={onOpen}
      aria-label={label}
      className="relative block aspect-square w-full overflow-hidden rounded-picture bg-skeleton [content-visibility:auto] [contain-intrinsic-size:128px]"
    >
      <Face row={row} thumbnail={thumbnail} isPaused={isPaused} />
      <span
        className={`absolute start-1 top-1 rounded-full px-1.5 text-meta tabular-nums ${
          thumbnail ? "bg-scrim text-white" : "text-text3"
        }`}
      >
        {row.index + 1}
      </span>
    </button>
  );
}

interface FaceProps {
  readonly row: BatchRow;
  readonly thumbnail: string | undefined;
  readonly isPaused: boolean;
}

function Face({ row, thumbnail, isPaused }: FaceProps) {
  if (thumbnail)
    return (
      <>
        <img
          src={thumbnail}
          alt=""
          loading="lazy"
          decoding="async"
          className="size-full animate-fade object-cover"
        />
        {row.kind === "video" && (
          <span className="absolute end-1 bottom-1 rounded-full bg-scrim p-1 text-white">
            <Play size={12} aria-hidden />
          </span>
        )}
      </>
    );
  if (row.status === "processing")
    return (
      <span className="absolute inset-x-0 bottom-0 h-[3px] overflow-hidden">
        <span className="block h-full w-1/3 animate-sweep bg-accent" />
      </span>
    );
  const Icon =
    row.status === "failed"
      ? TriangleAlert
      : row.status === "cancelled"
        ? CircleSlash
        : isPaused
          ? CirclePause
          : Clock;
  return (
    <span
      className={`grid size-full place-items-center ${row.status === "failed" ? "text-bad" : "text-text3"}`}
    >
      <Icon size={18} aria-hidden />
    </span>
  );
}
