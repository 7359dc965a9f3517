import { useEffect, useMemo, useState } from "react";
import type { BatchRow } from "@/live/batches";
import { controlBatch } from "@/live/control";
import { failureOf } from "@/live/store";
import { Button } from "@/parts/button";
import { Area, Field } from "@/parts/field";
import { columnWords, runWords as words } from "@/words/batches";
import { app, refusal } from "@/words/en";
import { priceOf } from "./actions";
import { changed, changesOf, formOf } from "./changes";

interface Props {
  readonly row: BatchRow;
  readonly onDone: () => void;
}

interface Wrong {
  readonly field: string;
  readonly message: string;
}

const AFTER_MS = 800;

/** Changes a row that waits, or runs a failed one again with other words. */
export function EditRow({ row, onDone }: Props) {
  const { request_data: request, kind } = row;
  const [form, setForm] = useState(() => formOf(request, kind));
  const [price, setPrice] = useState<number>();
  const [wrong, setWrong] = useState<readonly Wrong[]>([]);
  const [failure, setFailure] = useState<string>();
  const [isSending, setSending] = useState(false);
  const changes = useMemo(() => changesOf(request, kind, form), [request, kind, form]);
  const asked = JSON.stringify(changed({ ...request, kind }, changes));
  const isFailed = row.status === "failed";
  const isChanged = Object.keys(changes).length > 0;

  useEffect(() => {
    const ending = new AbortController();
    const timer = setTimeout(() => {
      priceOf(JSON.parse(asked), row.team_id ?? undefined, ending.signal).then(
        ({ credits, faults }) => {
          setPrice(credits);
          setWrong(faults);
        },
        () => setPrice(undefined), // the price is not known: the button says none
      );
    }, AFTER_MS);
    return () => {
      clearTimeout(timer);
      ending.abort();
    };
  }, [asked, row.team_id]);

  const save = () => {
    setSending(true);
    setFailure(undefined);
    controlBatch({ batchId: row.batch_id, action: "editRow", row: row.index, changes })
      .then(onDone, (error: unknown) => {
        const { fieldErrors = [] } = error as { fieldErrors?: readonly Wrong[] };
        setWrong(fieldErrors.map(({ field, message }) => ({ field: fieldIn(field), message })));
        setFailure(refusal(error as Parameters<typeof refusal>[0]) || failureOf(error).message);
      })
      .finally(() => setSending(false));
  };
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged || isFailed) save();
      }}
    >
      {Object.entries(form).map(([name, text]) => {
        const isLong = name === "prompt" || name === "negativePrompt";
        const common = {
          label: columnWords[name] ?? `{{${name.replace("variables.", "")}}}`,
          value: text,
          error: wrong.find(({ field }) => field === name)?.message,
          onChange: (event: { readonly target: { readonly value: string } }) => {
            const { value } = event.target;
            setForm((before) => ({ ...before, [name]: value }));
          },
        };
        return isLong ? <Area key={name} rows={3} {...common} /> : <Field key={name} {...common} />;
      })}
      {failure && (
        <p role="alert" className="text-control text-bad">
          {failure}
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>{app.cancel}</Button>
        <Button
          look="primary"
          type="submit"
          disabled={isSending}
          unavailable={isChanged || isFailed ? undefined : words.unchanged}
        >
          {isFailed ? words.saveRun(price) : words.saveWaiting(price)}
        </Button>
      </div>
    </form>
  );
}

/** `changes.count` and `rows[3].count` are the form's `count`. */
const fieldIn = (field: string) => field.replace(/^(changes|rows\[\d+\])\./, "");
