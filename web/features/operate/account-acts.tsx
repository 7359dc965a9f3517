import { useState } from "react";
import { useCatalog } from "@/live/catalog";
import { Button } from "@/parts/button";
import { Field } from "@/parts/field";
import { useRequestId } from "@/parts/use-act";
import { operateWords as words } from "@/words/operate";
import { type AccountInspected, controlAccount } from "./actions";
import { Decision } from "./decision";
import { amountIn } from "./reading";

type Asked = "adjust" | "setTier" | "block" | "unblock" | "resetFuse";

interface Props {
  readonly account: AccountInspected;
  readonly onChanged: () => void;
}

/** What may be done for an account, or about it. */
export function AccountActs({ account, onChanged }: Props) {
  const [asked, setAsked] = useState<Asked>();
  const acts: readonly Asked[] = [
    "adjust",
    "setTier",
    ...(account.fuseBlownAt ? (["resetFuse"] as const) : []),
    account.blockedAt ? "unblock" : "block",
  ];
  const close = () => setAsked(undefined);
  const props = { account, onChanged, onClose: close };
  return (
    <div className="flex flex-wrap gap-2">
      {acts.map((act) => (
        <Button key={act} look={act === "block" ? "danger" : "plain"} onClick={() => setAsked(act)}>
          {words.acts[act]}
        </Button>
      ))}
      {asked === "adjust" && <Adjust {...props} />}
      {asked === "setTier" && <SetTier {...props} />}
      {asked && asked !== "adjust" && asked !== "setTier" && <Plain {...props} action={asked} />}
    </div>
  );
}

interface ActProps extends Props {
  readonly onClose: () => void;
}

function Plain({
  account,
  action,
  onClose,
  onChanged,
}: ActProps & { readonly action: "block" | "unblock" | "resetFuse" }) {
  return (
    <Decision
      title={words.acts[action]}
      body={words.actBodies[action]}
      confirm={words.acts[action]}
      isDanger={action === "block"}
      onClose={onClose}
      onConfirm={async (reason) => {
        await controlAccount({ action, accountId: account.accountId, reason });
        onChanged();
      }}
    />
  );
}

function Adjust({ account, onClose, onChanged }: ActProps) {
  const [text, setText] = useState("");
  const [isLeft, setLeft] = useState(false);
  const requestId = useRequestId();
  const amount = amountIn(text);
  const isWrong = isLeft && amount === undefined;
  return (
    <Decision
      title={words.acts.adjust}
      body={words.actBodies.adjust}
      confirm={words.acts.adjust}
      isReady={amount !== undefined}
      onClose={onClose}
      onConfirm={async (reason) => {
        if (amount === undefined) return;
        const asked = { accountId: account.accountId, amount, reason };
        await controlAccount({ action: "adjust", ...asked, requestId: requestId(asked) });
        onChanged();
      }}
    >
      <Field
        label={words.amount}
        hint={amount === undefined ? words.amountHint : words.becomes(account.available + amount)}
        error={isWrong ? words.wrongAmount : undefined}
        inputMode="text"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => setLeft(true)}
      />
    </Decision>
  );
}

function SetTier({ account, onClose, onChanged }: ActProps) {
  const [tier, setTier] = useState(account.tier);
  const tiers = useCatalog().value?.tiers ?? [];
  return (
    <Decision
      title={words.acts.setTier}
      body={words.actBodies.setTier}
      confirm={words.acts.setTier}
      isReady={tier !== account.tier}
      onClose={onClose}
      onConfirm={async (reason) => {
        await controlAccount({ action: "setTier", accountId: account.accountId, tier, reason });
        onChanged();
      }}
    >
      <fieldset className="flex flex-col gap-1.5">
        <legend className="mb-1 text-control text-text2">{words.tier}</legend>
        {tiers.map(({ id, title }) => (
          <label key={id} className="flex items-center gap-2 text-control pointer-coarse:min-h-11">
            <input
              type="radio"
              name="tier"
              checked={tier === id}
              onChange={() => setTier(id)}
              className="size-4 shrink-0 accent-accent"
            />
            {title}
          </label>
        ))}
      </fieldset>
    </Decision>
  );
}
