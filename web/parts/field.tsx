import {
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type TextareaHTMLAttributes,
  useId,
} from "react";
import { cx } from "./cx";

interface Common {
  readonly label: string;
  readonly hint?: ReactNode;
  /** What is wrong with it, in a sentence. */
  readonly error?: string | undefined;
  readonly hidesLabel?: boolean;
}

const BOX =
  "w-full rounded-control border border-control bg-bg px-2.5 text-body text-text placeholder:text-text3 aria-invalid:border-bad max-tablet:text-base";

type FieldProps = Common & InputHTMLAttributes<HTMLInputElement> & { readonly ref?: Ref<HTMLInputElement> };

export function Field({ label, hint, error, hidesLabel, className, ...rest }: FieldProps) {
  const id = useId();
  return (
    <Labelled {...{ id, label, hint, error, hidesLabel, className }}>
      <input id={id} className={cx(BOX, "h-control")} {...said(id, hint, error)} {...rest} />
    </Labelled>
  );
}

type AreaProps = Common &
  TextareaHTMLAttributes<HTMLTextAreaElement> & { readonly ref?: Ref<HTMLTextAreaElement> };

export function Area({ label, hint, error, hidesLabel, className, ...rest }: AreaProps) {
  const id = useId();
  return (
    <Labelled {...{ id, label, hint, error, hidesLabel, className }}>
      <textarea id={id} className={cx(BOX, "min-h-16 resize-y py-2")} {...said(id, hint, error)} {...rest} />
    </Labelled>
  );
}

function said(id: string, hint: ReactNode, error: string | undefined) {
  const by = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return { "aria-invalid": error ? true : undefined, "aria-describedby": by || undefined };
}

interface LabelledProps {
  readonly id: string;
  readonly label: string;
  readonly hint: ReactNode;
  readonly error: string | undefined;
  readonly hidesLabel: boolean | undefined;
  readonly className: string | undefined;
  readonly children: ReactNode;
}

function Labelled({ id, label, hint, error, hidesLabel, className, children }: LabelledProps) {
  return (
    <div className={cx("flex flex-col gap-1", className)}>
      <label htmlFor={id} className={hidesLabel ? "sr-only" : "text-control text-text2"}>
        {label}
      </label>
      {children}
      {error && (
        <p id={`${id}-error`} className="text-meta text-bad">
          {error}
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} className="text-meta text-text3">
          {hint}
        </p>
      )}
    </div>
  );
}
