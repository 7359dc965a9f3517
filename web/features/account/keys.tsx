import { useState } from "react";
import { type ApiKey, readApiKeysAgain, useApiKeys } from "@/live/keys";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { LazyAlertDialog as AlertDialog } from "@/parts/lazy-dialog";
import { toastOf } from "@/parts/why";
import { keyWords as words } from "@/words/account";
import { revokeKey } from "./actions";
import { NewKey } from "./new-key";
import { SecretList, SecretRow } from "./secret-list";
import { timeOf } from "./time";

export function Keys() {
  return (
    <SecretList
      words={words}
      live={useApiKeys()}
      onAgain={readApiKeysAgain}
      New={NewKey}
      row={(key) => <KeyRow key={key.id} apiKey={key} />}
    />
  );
}

function KeyRow({ apiKey }: { readonly apiKey: ApiKey }) {
  const { id, name, prefix, scopes, team_id } = apiKey;
  const [isAsking, setAsking] = useState(false);
  const over = overOf(apiKey);
  const facts = [scopes.join(", "), team_id && words.ofTeam, over ?? usedOf(apiKey)].filter(Boolean);
  return (
    <SecretRow
      title={name}
      isOver={over !== undefined}
      facts={
        <>
          <code className="font-mono">{words.begins(prefix)}</code> · {facts.join(" · ")}
        </>
      }
    >
      {!over && (
        <Button aria-label={words.revokeOf(name)} onClick={() => setAsking(true)}>
          {words.revoke}
        </Button>
      )}
      <AlertDialog
        open={isAsking}
        onOpenChange={setAsking}
        title={words.revokeTitle(name)}
        body={words.revokeBody}
        keep={words.keep}
        confirm={words.confirm}
        onConfirm={() => void revokeKey(id).catch(toastOf)}
      />
    </SecretRow>
  );
}

/** Why it is of no use any more; undefined: it is. */
function overOf({ revoked_at, expires_at }: ApiKey): string | undefined {
  if (revoked_at) return words.revoked(moment(timeOf(revoked_at)));
  const isOver = expires_at && expires_at.seconds * 1000 <= Date.now();
  return isOver ? words.expired(moment(timeOf(expires_at))) : undefined;
}

function usedOf({ last_used_at, expires_at }: ApiKey): string {
  const used = last_used_at ? words.used(moment(timeOf(last_used_at))) : words.unused;
  return expires_at ? `${used}, ${words.until(moment(timeOf(expires_at)))}` : used;
}
