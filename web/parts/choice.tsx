import { ChevronDown } from "lucide-react";
import { Button } from "./button";
import { LazyMenu as Menu } from "./lazy-menu";

export interface Option {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
  readonly unavailable?: string | undefined;
}

interface Props {
  readonly label: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly onChange: (value: string) => void;
  readonly error?: string | undefined;
}

/** One of a few, as a chip. */
export function Choice({ label, value, options, onChange, error }: Props) {
  const chosen = options.find((option) => option.value === value);
  return (
    <Menu
      label={label}
      heading={label}
      trigger={
        <Button
          aria-label={`${label}: ${chosen?.label ?? value}`}
          aria-invalid={error ? true : undefined}
          title={error}
          className={`max-w-56 rounded-full! ${error ? "border-bad! text-bad!" : ""}`}
        >
          <span className="truncate">{chosen?.label ?? value}</span>
          <ChevronDown size={14} aria-hidden />
        </Button>
      }
      items={options.map((option) => ({
        label: option.label,
        hint: option.hint,
        unavailable: option.unavailable,
        checked: option.value === value,
        onSelect: () => onChange(option.value),
      }))}
    />
  );
}
