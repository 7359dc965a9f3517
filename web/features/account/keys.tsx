import { Plus } from "lucide-react";
import { useState } from "react";
import { type ApiKey, readApiKeysAgain, useApiKeys } from "@/live/keys";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { Empty } from "@/parts/empty";
import { FailureCard } from "@/parts/failure-card";
import { LazyAlertDialog as AlertDialog } from "@/parts/lazy-dialog";
import { Skeleton } from "@/parts/skeleton";
import { toast } from "@/parts/toasts";
import { keyWords as words } from "@/words/account";
import { revokeKey } from "./actions";
import { NewKey } from "./new-key";
import { SecretDialog } from "./secret-dialog";
import { timeOf } from "./time";
import { whyOf } from "./why";

export function Keys() {
  const { value: keys, error } = useApiKeys();
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<string>();
  const fresh = (
    <Button look="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setMaking(true)}>
      {words.fresh}
    </Button>
  );
  return (
    <div className="flex flex-col gap-3">
      {!keys && error && <FailureCard failure={error} onAgain={readApiKeysAgain} />}
      {!keys && !error && <Skeleton className="h-10 w-full" />}
      {keys?.length === 0 && <Empty action={fresh}>{words.empty}</Empty>}
      {keys && keys.length > 0 && (
        <>
          <div className="flex flex-wrap items-center justify-between gap-2 text-control text-text2">
            {words.lead}
            {fresh}
          </div>
          <ul aria-label={words.list} className="flex flex-col">
            {keys.map((each) => (
              <KeyRow key={each.id} apiKey={each} />
            ))}
          </ul>
        </>
      )}
      {isMaking && (
        <NewKey
          onClose={() => setMaking(false)}
          onMade={(key) => {
            setMaking(false);
            setMade(key);
          }}
        />
      )}
      {made && (
        <SecretDialog title={words.made} label={words.key} secret={made} onClose={() => setMade(undefined)} />
      )}
    </div>
  );
}

function KeyRow({ apiKey }: { readonly apiKey: ApiKey }) {
  const { id, name, prefix, scopes, team_id } = apiKey;
  const [isAsking, setAsking] = useState(false);
  const over = overOf(apiKey);
  const revoke = async () => {
    try {
      await revokeKey(id);
    } catch (error) {
      toast({ text: whyOf(error), isError: true });
    }
  };
  const facts = [scopes.join(", "), team_id && words.ofTeam, over ?? usedOf(apiKey)].filter(Boolean);
  return (
    <li className="flex min-h-12 flex-wrap items-center gap-x-4 gap-y-1 border-line border-b px-1 py-1.5">
      <span className={over ? "min-w-0 grow text-text3" : "min-w-0 grow"}>
        <span className="block truncate font-medium text-control">{name}</span>
        <span className="block text-meta text-text2">
          <code className="font-mono">{words.begins(prefix)}</code> · {facts.join(" · ")}
        </span>
      </span>
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
        onConfirm={() => void revoke()}
      />
    </li>
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
