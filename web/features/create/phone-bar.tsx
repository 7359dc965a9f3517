"use client";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { type Ref, useState } from "react";
import { Button } from "@/parts/button";
import { create as words } from "@/words/create";
import { BarFoot } from "./bar-foot";
import { BarForm } from "./bar-form";
import { wordsFor } from "./going-on";
import type { Form } from "./use-form";

const Dialog = dynamic(() => import("@/parts/dialog").then(({ Dialog }) => Dialog), { ssr: false });

interface Props {
  readonly form: Form;
  readonly onSend: () => void;
  readonly lacking: string;
  readonly promptRef: Ref<HTMLTextAreaElement>;
}

/** On phones one line above the bottom bar, which opens the whole form. */
export function PhoneBar({ form, onSend, lacking, promptRef }: Props) {
  const [isOpen, setOpen] = useState(false);
  const { draft, price } = form;
  const send = () => {
    onSend();
    if (!form.unready) setOpen(false);
  };
  return (
    <div className="fixed inset-x-0 bottom-[calc(56px+env(safe-area-inset-bottom))] z-20 border-line border-t bg-surface tablet:hidden">
      <div className="flex h-14 items-center gap-2 px-2">
        <button
          type="button"
          onClick={() => setOpen(true)}
          aria-label={words.prompt}
          className="flex h-11 min-w-0 flex-1 items-center gap-2 rounded-control px-1 text-left text-base"
        >
          <Plus size={20} strokeWidth={1.75} aria-hidden className="shrink-0 text-text2" />
          <span className={`truncate ${draft.prompt ? "" : "text-text3"}`}>
            {draft.prompt || words.placeholder[wordsFor(draft)]}
          </span>
        </button>
        <Button
          look="primary"
          aria-label={price === undefined ? words.generate : words.generateFor(price)}
          onClick={(event) => {
            if (event.detail > 1) return;
            if (form.unready) setOpen(true);
            onSend();
          }}
        >
          {words.generate}
          <span className="font-normal tabular-nums">{price ?? ""}</span>
        </Button>
      </div>
      {isOpen && (
        <Dialog
          open
          onOpenChange={setOpen}
          title={words.title}
          shape="sheet"
          sharesKeys
          className="h-[92dvh]"
          footer={<BarFoot form={form} onSend={send} />}
        >
          <BarForm form={form} onSend={send} lacking={lacking} promptRef={promptRef} isSheet />
        </Dialog>
      )}
    </div>
  );
}
