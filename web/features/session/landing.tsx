"use client";
import { useRouter, useSearchParams } from "next/navigation";
import { type FormEvent, useCallback, useEffect, useState } from "react";
import { useSession } from "@/live/session";
import { Button } from "@/parts/button";
import { Field } from "@/parts/field";
import { Notice } from "@/parts/notice";
import { session as words } from "@/words/en";
import { SignInCard } from "./sign-in-card";

type State = "looking" | "asking" | "none";

/** Where the e-mail's link leads. On another device than it was asked on, the address is asked for. */
export function Landing() {
  const router = useRouter();
  const next = nextOf(useSearchParams().get("next"));
  const session = useSession();
  const [state, setState] = useState<State>("looking");
  const [email, setEmail] = useState("");
  const [failed, setFailed] = useState("");

  const finish = useCallback(async (address: string) => {
    const { signInWithLink } = await import("./actions");
    await signInWithLink(address).catch((error: { code?: string }) => {
      setFailed(words.errors[error.code ?? ""] ?? words.failed);
      setState(error.code === "auth/invalid-email" ? "asking" : "none");
    });
  }, []);

  useEffect(() => {
    void import("./actions").then(async ({ readLink }) => {
      const { isLink, email: known } = await readLink();
      if (!isLink) setState("none");
      else if (known) await finish(known);
      else setState("asking");
    });
  }, [finish]);

  useEffect(() => {
    if (session.status === "in") router.replace(next);
  }, [session.status, next, router]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    void finish(email);
  };
  return (
    <div className="mx-auto flex max-w-100 flex-col gap-4 px-4 py-12">
      {failed && <Notice tone="bad">{failed}</Notice>}
      {state === "none" ? (
        <SignInCard />
      ) : state === "asking" ? (
        <form
          onSubmit={submit}
          className="flex flex-col gap-3 rounded-sheet border border-line bg-surface p-6"
        >
          <Field
            label={words.whichAddress}
            type="email"
            required
            autoComplete="email"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
          <Button type="submit" look="primary">
            {words.finish}
          </Button>
        </form>
      ) : (
        <p role="status" className="text-center text-text2">
          {words.finishing}
        </p>
      )}
    </div>
  );
}

/** Only an address of this site: one slash, and not two. */
export function nextOf(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) ? next : "/";
}
