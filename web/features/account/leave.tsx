import { useState } from "react";
import { useUid } from "@/live/session";
import { signOut } from "@/live/sign-out";
import { newRequestId } from "@/live/submit";
import { Button } from "@/parts/button";
import { Dialog } from "@/parts/dialog";
import { Field } from "@/parts/field";
import { Notice } from "@/parts/notice";
import { useAct } from "@/parts/use-act";
import { leaveWords as words } from "@/words/account";
import { deleteAccount, exportEverything } from "./actions";

/** Taking everything with one, and leaving for good. */
export function Leave() {
  const uid = useUid();
  const [isAsking, setAsking] = useState(false);
  const [url, setUrl] = useState<string>();
  const { isBusy, failed, act } = useAct();
  if (!uid) return null;
  const exportAll = () => act(async () => setUrl(await exportEverything(newRequestId())));
  return (
    <section aria-labelledby="leave" className="flex flex-col gap-3">
      <h2 id="leave" className="font-semibold text-section">
        {words.title}
      </h2>
      <p className="text-control text-text2">{words.export}</p>
      <div className="flex flex-wrap gap-2">
        <Button disabled={isBusy} onClick={() => void exportAll()}>
          {isBusy ? words.exportBusy : words.exportAll}
        </Button>
        <Button look="danger" onClick={() => setAsking(true)}>
          {words.open}
        </Button>
      </div>
      {url && (
        <a href={url} className="text-control underline">
          {words.exportReady}
        </a>
      )}
      {failed && <Notice tone="bad">{failed}</Notice>}
      {isAsking && <DeleteDialog uid={uid} onClose={() => setAsking(false)} />}
    </section>
  );
}

function DeleteDialog({ uid, onClose }: { readonly uid: string; readonly onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const { isBusy, failed, act } = useAct();
  const isMeant = typed.trim().toLowerCase() === words.word;
  return (
    <Dialog open onOpenChange={(open) => !open && !isBusy && onClose()} title={words.open}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isMeant) return;
          void act(async () => {
            await deleteAccount(uid);
            await signOut();
          });
        }}
      >
        <p className="text-control">{words.body}</p>
        <Field label={words.type} value={typed} onChange={(event) => setTyped(event.target.value)} />
        {failed && <Notice tone="bad">{failed}</Notice>}
        <Button type="submit" look="danger" disabled={isBusy || !isMeant}>
          {words.confirm}
        </Button>
      </form>
    </Dialog>
  );
}
