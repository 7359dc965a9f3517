"use client";
import { type FormEvent, useEffect, useState } from "react";
import { Button } from "@/parts/button";
import { Field } from "@/parts/field";
import { Notice } from "@/parts/notice";
import { Skeleton } from "@/parts/skeleton";
import { session as words } from "@/words/en";
import { CardShell } from "./card-shell";
import { isLocal } from "./config";

// Firebase is loaded once the page is idle: what signs in is imported when it is first needed.
const actions = () => import("./actions");

/** Every way to sign in. On the emulators users that are made for it come first. */
export function SignInCard({ onDone }: { readonly onDone?: () => void }) {
  // Undefined: it is not known whether there are any.
  const [demoUsers, setDemoUsers] = useState<readonly string[]>();
  const [busy, setBusy] = useState("");
  const [failed, setFailed] = useState("");
  const [email, setEmail] = useState("");
  const [sentTo, setSentTo] = useState("");

  useEffect(() => {
    let isGone = false;
    void actions()
      .then(async ({ isOnEmulators, DEMO_USERS }) => ((await isOnEmulators()) ? DEMO_USERS : []))
      .then(
        (users) => !isGone && setDemoUsers(users),
        (error: unknown) => {
          if (isGone) return;
          setDemoUsers([]);
          setFailed(sentence(error));
        },
      );
    return () => {
      isGone = true;
    };
  }, []);

  const doing = (name: string, act: () => Promise<void>) => async () => {
    setBusy(name);
    setFailed("");
    try {
      await act();
      if (name !== "link") onDone?.();
    } catch (error) {
      setFailed(sentence(error));
    } finally {
      setBusy("");
    }
  };
  const send = (event: FormEvent) => {
    event.preventDefault();
    void doing("link", async () => {
      await (await actions()).sendLink(email, location.pathname + location.search);
      setSentTo(email);
    })();
  };
  const [demo, admin] = demoUsers ?? [];

  return (
    <CardShell>
      {!demoUsers && isLocal(location.hostname) && (
        <>
          <Skeleton className="h-control" />
          <Skeleton className="h-control" />
        </>
      )}
      {demo && (
        <>
          <Button
            look="primary"
            disabled={Boolean(busy)}
            onClick={doing("demo", async () => (await actions()).signInAsDemo(demo))}
          >
            {words.demo}
          </Button>
          <div className="grid grid-cols-2 gap-2">
            {admin && (
              <Button
                disabled={Boolean(busy)}
                onClick={doing("admin", async () => (await actions()).signInAsDemo(admin))}
              >
                {words.admin}
              </Button>
            )}
            <Button
              disabled={Boolean(busy)}
              onClick={doing("another", async () => (await actions()).signInAsAnother())}
            >
              {words.another}
            </Button>
          </div>
        </>
      )}
      <Button
        disabled={Boolean(busy)}
        onClick={doing("google", async () => (await actions()).signInWithGoogle())}
      >
        {words.google}
      </Button>
      <p className="my-1 flex items-center gap-3 text-meta text-text3 before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        {words.or}
      </p>
      {sentTo ? (
        <Notice
          actions={
            <Button look="link" onClick={() => setSentTo("")}>
              {words.otherAddress}
            </Button>
          }
        >
          {words.sent(sentTo)}
        </Notice>
      ) : (
        <form onSubmit={send} className="flex flex-col gap-2">
          <Field
            label={words.email}
            type="email"
            autoComplete="email"
            required
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
          <Button type="submit" disabled={Boolean(busy)}>
            {words.sendLink}
          </Button>
        </form>
      )}
      {failed && <Notice tone="bad">{failed}</Notice>}
    </CardShell>
  );
}

function sentence(error: unknown): string {
  const { code = "" } = (error ?? {}) as { code?: string };
  return words.errors[code] ?? words.failed;
}
