import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useBatchComments } from "@/live/batches";
import { useUid } from "@/live/session";
import { failureOf } from "@/live/store";
import { isoOf } from "@/parts/batch-summary";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { Area } from "@/parts/field";
import { IconButton } from "@/parts/icon-button";
import { runWords as words } from "@/words/batches";
import { refusal } from "@/words/en";
import { addComment, removeComment } from "./actions";

interface Props {
  readonly batchId: string;
  /** Only what is said of this row; without it, everything. */
  readonly row?: number;
  readonly mayComment: boolean;
  readonly mayControl: boolean;
  readonly unavailable: string | undefined;
  readonly onRow?: (index: number) => void;
}

const CHARS_MAX = 2000;

export function Comments({ batchId, row, mayComment, mayControl, unavailable, onRow }: Props) {
  const { value: all } = useBatchComments(batchId);
  const uid = useUid();
  const [text, setText] = useState("");
  const [isSending, setSending] = useState(false);
  const [failure, setFailure] = useState<string>();
  const shown = all?.filter((comment) => row === undefined || comment.row === row);
  const fail = (error: unknown) => setFailure(refusal(failureOf(error)));
  const send = () => {
    const said = text.trim();
    if (!said || isSending) return;
    setSending(true);
    setFailure(undefined);
    addComment(batchId, said, row)
      .then(() => setText(""), fail) // what was written stays where it was not sent
      .finally(() => setSending(false));
  };
  return (
    <section aria-label={words.comments} className="flex flex-col gap-2">
      <h2 className="text-section font-semibold">{words.comments}</h2>
      {shown?.length === 0 && <p className="text-control text-text2">{words.noComments}</p>}
      <ul className="flex flex-col gap-3">
        {shown?.map((comment) => {
          const isOwn = comment.user_id === uid;
          return (
            <li key={comment.id} className="flex items-start gap-2">
              <div className="min-w-0 grow">
                <p className="text-meta text-text2">
                  {isOwn ? words.you : (comment.author_name ?? words.someone)} ·{" "}
                  {moment(isoOf(comment.created_at))}
                  {row === undefined && typeof comment.row === "number" && onRow && (
                    <>
                      {" · "}
                      <Button
                        look="link"
                        className="h-6! text-meta!"
                        onClick={() => onRow(comment.row as number)}
                      >
                        {words.about(comment.row + 1)}
                      </Button>
                    </>
                  )}
                </p>
                <p className="whitespace-pre-wrap break-words text-body">{comment.text}</p>
              </div>
              {(isOwn || mayControl) && (
                <IconButton
                  label={words.remove}
                  onClick={() => void removeComment(batchId, comment.id).catch(fail)}
                  className="text-text3"
                >
                  <Trash2 size={16} aria-hidden />
                </IconButton>
              )}
            </li>
          );
        })}
      </ul>
      {mayComment && (
        <>
          <Area
            label={row === undefined ? words.comment : words.commentRow(row + 1)}
            rows={2}
            maxLength={CHARS_MAX}
            value={text}
            error={failure}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
            }}
          />
          <Button
            className="self-end"
            disabled={isSending || !text.trim()}
            unavailable={unavailable}
            onClick={send}
          >
            {words.send}
          </Button>
        </>
      )}
    </section>
  );
}
