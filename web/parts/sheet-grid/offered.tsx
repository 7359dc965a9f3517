interface OfferedProps {
  readonly id: string;
  readonly label: string;
  readonly options: readonly string[];
  readonly chosen: number;
  readonly optionId: (at: number) => string;
  readonly onTake: (option: string) => void;
}

/** What may be chosen in a cell, under it. */
export function Offered({ id, label, options, chosen, optionId, onTake }: OfferedProps) {
  return (
    <div
      id={id}
      role="listbox"
      aria-label={label}
      className="absolute start-0 top-full z-20 mt-1 max-h-60 w-max min-w-full overflow-auto rounded-control border border-line bg-surface py-1 shadow-popover"
    >
      {options.map((option, at) => (
        <div
          key={option}
          id={optionId(at)}
          role="option"
          tabIndex={-1}
          aria-selected={at === chosen}
          className={`cursor-default px-2 py-1 text-control ${at === chosen ? "bg-tint text-accent-text" : "hover:bg-hover"}`}
          onPointerDown={(event) => {
            event.preventDefault(); // the focus stays in the input
            onTake(option);
          }}
        >
          {option}
        </div>
      ))}
    </div>
  );
}

/** All while nothing is typed, then those that have it in them. */
export function offeredFor(typed: string, options: readonly string[]): readonly string[] {
  const said = typed.trim().toLowerCase();
  const found = options.filter((option) => option.toLowerCase().includes(said));
  return found.length === 1 && found[0]?.toLowerCase() === said ? [] : found;
}
