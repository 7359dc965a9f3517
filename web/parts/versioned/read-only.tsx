import { Button } from "@/parts/button";
import { Notice } from "@/parts/notice";
import { useAct } from "@/parts/use-act";
import { shelfWords as words } from "@/words/shelf";
import type { Document, Form, Kind } from "./kind";

interface Props<T extends Document, F extends Form, Fields> {
  readonly kind: Kind<T, F, Fields>;
  readonly id: string;
  readonly form: F;
  /** An editor is to begin with this. */
  readonly onCopy: (form: F) => void;
}

const NAME_MAX = 80;

/** Somebody else's: who reads it may use it, or make a copy of their own. */
export function ReadOnly<T extends Document, F extends Form, Fields>(props: Props<T, F, Fields>) {
  const { kind, id, form, onCopy } = props;
  const { Shown, Uses, copyOf } = kind;
  const { isBusy, failed, act } = useAct();
  const copy = async () => {
    const made = await act(() => copyOf(id, form));
    if (!made) return;
    const name = words.copyOf(made.name).slice(0, NAME_MAX);
    onCopy({ ...made, name, visibility: "private", teamId: undefined });
  };
  return (
    <div className="flex max-w-2xl flex-col gap-3">
      <h2 className="text-section font-semibold">{form.name}</h2>
      <Notice>{words.of(form.visibility === "team" ? words.teams : words.everybodys)}</Notice>
      {failed && <Notice tone="bad">{failed}</Notice>}
      <Shown form={form} />
      <div className="flex flex-wrap gap-2">
        <Uses id={id} />
        <Button disabled={isBusy} onClick={() => void copy()}>
          {isBusy ? words.copying : words.copy}
        </Button>
      </div>
    </div>
  );
}
