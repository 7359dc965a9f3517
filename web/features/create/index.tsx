"use client";
import dynamic from "next/dynamic";
import { type ReactNode, Suspense, useRef } from "react";
import { useShortcuts } from "@/parts/keys";
import { useTitle } from "@/parts/title";
import { create as words } from "@/words/create";
import { BarFoot } from "./bar-foot";
import { BarForm } from "./bar-form";
import { FeedBeginning } from "./feed-beginning";
import { FromAddress } from "./from-address";
import { KeptDraft } from "./kept-draft";
import { PhoneBar } from "./phone-bar";
import { useDrop } from "./use-drop";
import { useForm } from "./use-form";
import { useSend } from "./use-send";

const Feed = dynamic(() => import("./feed").then(({ Feed }) => Feed), {
  ssr: false,
  loading: FeedBeginning,
});

const LeavingOut = dynamic(() => import("./left-out").then(({ LeavingOut }) => LeavingOut), { ssr: false });

/** `aside`: the director, beside it on wide pages. */
export function Create({ aside }: { readonly aside?: ReactNode }) {
  useTitle(words.title);
  const form = useForm();
  const prompt = useRef<HTMLTextAreaElement>(null);
  const sheetPrompt = useRef<HTMLTextAreaElement>(null);
  const { send, lacking } = useSend(form, prompt);
  useShortcuts({ search: () => prompt.current?.focus(), generate: send });
  const { isOver, ...dropping } = useDrop();
  return (
    <div className="flex min-h-full" {...dropping}>
      <KeptDraft />
      <LeavingOut form={form} />
      <Suspense>
        <FromAddress />
      </Suspense>
      <div className="mx-auto flex min-w-0 max-w-[1400px] flex-1 flex-col gap-6 px-3 py-3 tablet:px-6 tablet:py-6 max-tablet:pb-18">
        <h1 className="sr-only">{words.title}</h1>
        <div className="mx-auto w-full max-w-[880px] max-tablet:hidden">
          <BarForm
            form={form}
            onSend={send}
            lacking={lacking}
            promptRef={prompt}
            foot={<BarFoot form={form} onSend={send} />}
          />
        </div>
        <PhoneBar form={form} onSend={send} lacking={lacking} promptRef={sheetPrompt} />
        <Feed />
      </div>
      {aside}
      {isOver && (
        <div className="pointer-events-none fixed inset-3 z-40 flex items-center justify-center rounded-sheet border-2 border-accent-text border-dashed bg-bg/80 font-semibold text-section">
          {words.dropHere}
        </div>
      )}
    </div>
  );
}
