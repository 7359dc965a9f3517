import { useRouter } from "next/navigation";
import { useState } from "react";
import { useAccount } from "@/live/account";
import { tierOf, useCatalog } from "@/live/catalog";
import { save } from "@/live/files";
import { type Generation, isOpen, kindOf } from "@/live/generation";
import { goingOnOf } from "@/live/going-on";
import { useOnline } from "@/live/online";
import { useRole } from "@/live/payer";
import { useUid } from "@/live/session";
import { failureOf } from "@/live/store";
import { addressOf, useAgainAddress } from "@/parts/generation-address";
import { announce } from "@/parts/live-region";
import { toast } from "@/parts/toasts";
import { details as words } from "@/words/details";
import { refusal, announce as said } from "@/words/en";
import { sendAgain } from "./actions";
import { priceOf } from "./request";

/** What of it is used again; without one of these: its settings, with a new seed. */
export type Use = keyof typeof words.use;
/** Those that are about one picture. */
const OF_ONE: readonly Use[] = ["reference", "frame", "edit"];
const VARIATIONS = 4;

export interface Around {
  /** With what it would be compared: its neighbour in the list. */
  readonly beside: string | undefined;
  readonly remove: (path: string) => void;
}

export type DetailActs = ReturnType<typeof useDetailActs>;

export function useDetailActs(generation: Generation, picture: number, { beside, remove }: Around) {
  const router = useRouter();
  const uid = useUid();
  const isOnline = useOnline();
  const isViewer = useRole() === "viewer" && generation.teamId !== null;
  const { path, generationData, userId } = generation;
  const isVideo = kindOf(generation) === "video";
  const isMade = generation.status === "completed";
  const line = isOnline ? undefined : words.needsLine;
  const variationsCount = isVideo ? 1 : VARIATIONS;
  const { value: catalog } = useCatalog();
  const tier = tierOf(catalog, useAccount().value?.tier);
  const uses: Use[] = ["exact", "prompt"];
  if (generation.requestData.references) uses.push("references");
  if (isMade && !isVideo) uses.push("reference", "frame");
  const [isSending, setSending] = useState(false);

  const send = async (count: number, sent: string) => {
    if (!uid || isSending) return;
    setSending(true); // a second press is a second request only once the first is kept
    try {
      await sendAgain(generation, count, uid);
      announce(said.sent(priceOf(generation, count) ?? 0));
      toast({ text: sent, action: { label: words.seeThem, run: () => router.push("/") } });
    } catch (error) {
      toast({ text: words.notAnswered(refusal(failureOf(error))), isError: true });
    } finally {
      setSending(false);
    }
  };
  return {
    isMade,
    hasEnded: !isOpen(generation),
    variationsCount,
    uses,
    goingOn: catalog ? goingOnOf(catalog, tier, generation) : [],
    price: isMade ? priceOf(generation, variationsCount) : undefined,
    whyNotSpend: isViewer ? words.viewer : undefined,
    whyNotMark: line ?? (isViewer ? words.viewer : undefined),
    whyNotRemove: line ?? (isViewer && userId !== uid ? words.viewer : undefined),
    whyNotCompare: beside ? undefined : words.compareWith,
    useAgain: (use?: Use) => {
      const which = use && OF_ONE.includes(use) ? `&n=${picture + 1}` : "";
      router.push(`${useAgainAddress(path)}${use ? `&use=${use}` : ""}${which}`);
    },
    sendVariations: () => void send(variationsCount, words.variationsSent(variationsCount)),
    sendRest: () => void send(generation.missing ?? 1, words.restSent(generation.missing ?? 1)),
    compare: () => {
      if (beside) router.push(`/compare?l=${addressOf(path)}&r=${addressOf(beside)}`);
    },
    download: () => {
      const file = generationData?.videoUrl ?? generationData?.imageUrls[picture];
      if (file) save(file);
    },
    remove: () => remove(path),
  };
}
