import { compare as words } from "@/words/compare";
import { MODES, type Mode } from "./pair";

export function ModeChoice({
  mode,
  onChoose,
}: {
  readonly mode: Mode;
  readonly onChoose: (mode: Mode) => void;
}) {
  return (
    <fieldset className="flex rounded-control border border-control">
      <legend className="sr-only">{words.mode}</legend>
      {MODES.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === mode}
          onClick={() => onChoose(each)}
          className={`h-[calc(var(--spacing)*7.5)] rounded-control px-3 text-control pointer-coarse:h-11 ${
            each === mode ? "bg-tint font-medium text-accent-text" : "text-text2 hover:bg-hover"
          }`}
        >
          {words.modes[each]}
        </button>
      ))}
    </fieldset>
  );
}
