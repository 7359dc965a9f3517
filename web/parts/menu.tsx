import { Check } from "lucide-react";
import { ContextMenu as Context, DropdownMenu as Radix } from "radix-ui";
import { Fragment, type ReactElement, type ReactNode } from "react";
import { cx } from "./cx";

export interface MenuItem {
  readonly label: string;
  readonly icon?: ReactNode;
  readonly onSelect: () => void;
  /** A word at its end: a key, a price. */
  readonly hint?: string | undefined;
  /** Chosen or not, of those that can be. */
  readonly checked?: boolean;
  readonly danger?: boolean;
  /** Why it cannot be chosen now. */
  readonly unavailable?: string | undefined;
  /** A line above it. */
  readonly separate?: boolean;
}

interface Props {
  readonly trigger: ReactElement;
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly align?: "start" | "center" | "end";
  readonly side?: "top" | "right" | "bottom" | "left";
  readonly heading?: string;
}

const BOX =
  "z-50 min-w-44 max-w-80 max-h-[60dvh] overflow-y-auto animate-pop rounded-panel border border-line bg-surface p-1 shadow-popover";
const ITEM =
  "flex min-h-8 cursor-default items-center gap-2.5 rounded-control px-2.5 py-1 text-control outline-none select-none pointer-coarse:min-h-11 data-highlighted:bg-hover data-disabled:opacity-50";

export function Menu({ trigger, label, items, align = "start", side = "bottom", heading }: Props) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          aria-label={label}
          className={BOX}
        >
          {heading && <Radix.Label className="px-2.5 py-1.5 text-meta text-text3">{heading}</Radix.Label>}
          {items.map((item) => (
            <Fragment key={item.label}>
              {item.separate && <Radix.Separator className="my-1 h-px bg-line" />}
              <Radix.Item {...itemProps(item)}>
                <Row item={item} />
              </Radix.Item>
            </Fragment>
          ))}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** The same on a right click, a long press, or Shift+F10. */
export function ContextMenu({ trigger, label, items }: Pick<Props, "trigger" | "label" | "items">) {
  return (
    <Context.Root modal={false}>
      <Context.Trigger asChild>{trigger}</Context.Trigger>
      <Context.Portal>
        <Context.Content aria-label={label} className={BOX}>
          {items.map((item) => (
            <Fragment key={item.label}>
              {item.separate && <Context.Separator className="my-1 h-px bg-line" />}
              <Context.Item {...itemProps(item)}>
                <Row item={item} />
              </Context.Item>
            </Fragment>
          ))}
        </Context.Content>
      </Context.Portal>
    </Context.Root>
  );
}

function itemProps({ onSelect, unavailable, danger, checked }: MenuItem) {
  return {
    onSelect,
    disabled: Boolean(unavailable),
    className: cx(ITEM, danger && "text-bad"),
    ...(checked === undefined ? {} : { role: "menuitemradio", "aria-checked": checked }),
  };
}

function Row({ item: { icon, label, hint, checked, unavailable } }: { readonly item: MenuItem }) {
  return (
    <>
      {icon}
      <span className="mr-auto truncate">
        {label}
        {unavailable && <span className="block text-meta text-text2">{unavailable}</span>}
      </span>
      {hint && <span className="text-meta text-text3 tabular-nums">{hint}</span>}
      {checked && <Check size={16} aria-hidden />}
    </>
  );
}
