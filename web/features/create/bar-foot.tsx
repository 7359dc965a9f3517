"use client";
import { Button } from "@/parts/button";
import { create as words } from "@/words/create";
import type { Form } from "./use-form";

interface Props {
  readonly form: Form;
  readonly onSend: () => void;
}

/** How much room there is, and the one button. */
export function BarFoot({ form, onSend }: Props) {
  const { price, draft, account, tier } = form;
  const used = account?.usage.day === new Date().toISOString().slice(0, 10) ? account.usage : undefined;
  const most = draft.kind === "video" ? tier?.videosADay : tier?.imagesADay;
  const count = (draft.kind === "video" ? used?.videos : used?.images) ?? 0;
  const facts = [
    tier && account ? words.free(tier.jobsAtOnce - account.active) : "",
    most ? words.today(count, most, draft.kind === "video" ? "videos" : "images") : "",
  ].filter(Boolean);
  return (
    <div className="flex items-center gap-3">
      <p className="mr-auto min-h-4 min-w-0 truncate text-meta text-text2 tabular-nums">
        {facts.join(" · ")}
      </p>
      <Button
        look="primary"
        data-generate
        aria-label={price === undefined ? words.generate : words.generateFor(price)}
        onClick={(event) => event.detail <= 1 && onSend()}
        className="min-w-32"
      >
        {words.generate}
        <span className="min-w-5 font-normal tabular-nums opacity-90">{price ?? ""}</span>
      </Button>
    </div>
  );
}
