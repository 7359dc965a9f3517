"use client";
import { Coins } from "lucide-react";
import Link from "next/link";
import { useAccount } from "@/live/account";
import { tierOf, useCatalog } from "@/live/catalog";
import { Popover, PopoverClose } from "@/parts/popover";
import { grouped } from "@/words/counts";
import { credits, shell as words } from "@/words/en";
import { RAIL_ROW } from "./row";

/** What who pays can spend; of a new user, what they will be given. */
export function Balance({ isSmall = false }: { readonly isSmall?: boolean }) {
  const account = useAccount().value;
  const catalog = useCatalog().value;
  if (account === undefined || !catalog) return <span className={isSmall ? "w-16" : "block h-control"} />;
  const available = account?.available ?? catalog.welcome.credits;
  const tier = tierOf(catalog, account?.tier);
  const today = new Date().toISOString().slice(0, 10);
  const used = account?.usage.day === today ? account.usage : undefined;
  const trigger = (
    <button
      type="button"
      aria-label={words.balance(available)}
      className={isSmall ? "flex h-11 items-center px-2 text-control text-text2 tabular-nums" : RAIL_ROW}
    >
      {!isSmall && <Coins size={20} strokeWidth={1.75} aria-hidden className="shrink-0" />}
      <span className={isSmall ? "" : "tabular-nums max-desktop:sr-only"}>
        {isSmall ? `${grouped(available)} cr` : credits(available)}
      </span>
    </button>
  );
  return (
    <Popover
      trigger={trigger}
      label={words.balance(available)}
      side={isSmall ? "bottom" : "top"}
      className="w-64 p-4"
    >
      <p className="font-semibold text-section tabular-nums">{credits(available)}</p>
      <ul className="mt-2 flex flex-col gap-1 text-control text-text2 tabular-nums">
        {account && account.held > 0 && <li>{words.held(account.held)}</li>}
        {tier && <li>{words.tier(tier.title)}</li>}
        {tier && <li>{words.usage(used?.images ?? 0, tier.imagesADay, "images")}</li>}
        {tier && tier.videosADay !== 0 && (
          <li>{words.usage(used?.videos ?? 0, tier.videosADay, "videos")}</li>
        )}
      </ul>
      <PopoverClose asChild>
        <Link href="/account" className="mt-3 inline-block text-accent-text text-control hover:underline">
          {catalog.purchases ? words.buy : words.seeAccount}
        </Link>
      </PopoverClose>
    </Popover>
  );
}
