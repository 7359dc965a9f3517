import { details as words } from "@/words/details";

interface Props {
  readonly thumbnails: readonly string[];
  /** How many were asked for and not made: their places say so. */
  readonly missing: number;
  readonly current: number;
  readonly onChoose: (n: number) => void;
}

/** The pictures of one generation, each a press or a number key away. */
export function PictureStrip({ thumbnails, missing, current, onChoose }: Props) {
  const count = thumbnails.length + missing;
  if (count < 2) return null;
  return (
    <fieldset className="flex justify-center gap-1.5 p-2">
      <legend className="sr-only">{words.pictures}</legend>
      {thumbnails.map((thumbnail, n) => (
        <button
          key={thumbnail}
          type="button"
          aria-pressed={n === current}
          aria-label={words.picture(n + 1, count)}
          aria-keyshortcuts={String(n + 1)}
          onClick={() => onChoose(n)}
          className={`size-14 overflow-hidden rounded-picture border-2 ${n === current ? "border-accent" : "border-transparent"}`}
        >
          <img src={thumbnail} alt="" className="size-full object-cover" />
        </button>
      ))}
      {Array.from({ length: missing }, (_, n) => thumbnails.length + n).map((n) => (
        <span
          key={n}
          role="img"
          aria-label={words.notMade(n + 1)}
          className="grid size-14 place-items-center rounded-picture bg-skeleton text-text3"
        >
          –
        </span>
      ))}
    </fieldset>
  );
}
