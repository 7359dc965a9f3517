"use client";
import dynamic from "next/dynamic";
import { type DragEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { useUid } from "@/live/session";
import { readView } from "@/live/view";
import { pathAt } from "@/parts/generation-address";
import { useShortcuts } from "@/parts/keys";
import { useTitle } from "@/parts/title";
import { create as words } from "@/words/create";
import { BarFoot, BarForm } from "./bar-form";
import { FeedBeginning } from "./feed-beginning";
import { PhoneBar } from "./phone-bar";
import { addFiles } from "./uploads";
import { changeDraft, currentDraft, replaceDraft, useKeptDraft } from "./use-draft";
import { useForm } from "./use-form";
import { useSend } from "./use-send";
import { usedAgain } from "./used-again";

const Feed = dynamic(() => import("./feed").then(({ Feed }) => Feed), {
  ssr: false,
  loading: FeedBeginning,
});

/** `aside`: the director, beside it on wide pages. */
export function Create({ aside }: { readonly aside?: ReactNode }) {
  useKeptDraft();
  useAddress();
  useTitle(words.title);
  const form = useForm();
  const prompt = useRef<HTMLTextAreaElement>(null);
  const sheetPrompt = useRef<HTMLTextAreaElement>(null);
  const { send, lacking } = useSend(form, prompt);
  useShortcuts({ search: () => prompt.current?.focus(), generate: send });
  const { isOver, ...dropping } = useDrop();
  return (
    <div className="flex min-h-full" {...dropping}>
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

/** Pictures may be dropped anywhere on the page. */
function useDrop() {
  const [isOver, setOver] = useState(false);
  const hasFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");
  return {
    isOver,
    onDragOver: (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: (event: DragEvent) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
    },
    onDrop: (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      addFiles(event.dataTransfer.files, "references");
    },
  };
}

/** What the page's address asks for: `from` (use again; `use` says how), `kind`, `template`, `pack`, `brand`. Read once. */
function useAddress(): void {
  const uid = useUid();
  const isDone = useRef(false);
  useEffect(() => {
    if (isDone.current || !location.search) return;
    const asked = new URLSearchParams(location.search);
    const path = pathAt(asked.get("from"));
    if (path && !uid) return; // somebody has to be signed in to read it
    isDone.current = true;
    history.replaceState(null, "", location.pathname);
    const kind = asked.get("kind");
    if (kind === "video" || kind === "image") changeDraft({ kind });
    const [templateId, packId, brandId] = ["template", "pack", "brand"].map(
      (name) => asked.get(name) ?? undefined,
    );
    if (templateId) changeDraft({ templateId });
    if (packId) changeDraft({ packId });
    if (brandId) changeDraft({ brandId });
    if (!path) return;
    readView(path).then(
      (view) => replaceDraft(usedAgain(currentDraft(), view, asked.get("use"), Number(asked.get("n")))),
      () => {}, // it is not there any more: the bar stays as it was
    );
  }, [uid]);
}
