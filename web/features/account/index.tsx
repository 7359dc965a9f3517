"use client";
import dynamic from "next/dynamic";
import { useSearchParams } from "next/navigation";
import { type ReactNode, Suspense } from "react";
import { usePayer, useTeams } from "@/live/payer";
import { Tabs } from "@/parts/tabs";
import { accountWords as words } from "@/words/account";
import { Balance } from "./balance";

// Each with its tab.
const Ledger = dynamic(() => import("./ledger").then(({ Ledger }) => Ledger), { ssr: false });
const Keys = dynamic(() => import("./keys").then(({ Keys }) => Keys), { ssr: false });
const Webhooks = dynamic(() => import("./webhooks").then(({ Webhooks }) => Webhooks), { ssr: false });
const Settings = dynamic(() => import("./settings").then(({ Settings }) => Settings), { ssr: false });

const SCREENS = {
  balance: <Balance />,
  ledger: <Ledger />,
  keys: <Keys />,
  webhooks: <Webhooks />,
  settings: <Settings />,
} as const satisfies Record<keyof typeof words.tabs, ReactNode>;

type Screen = keyof typeof SCREENS;

const TABS = (Object.keys(SCREENS) as Screen[]).map((value) => ({
  value,
  label: words.tabs[value],
  content: SCREENS[value],
}));

export function Account() {
  return (
    <div className="mx-auto flex max-w-[960px] flex-col gap-3 px-4 py-4">
      <h1 tabIndex={-1} className="text-page font-semibold outline-none">
        {words.title}
      </h1>
      <Suspense>
        <Screens />
      </Suspense>
    </div>
  );
}

/** Balance, ledger and webhooks are of who pays; keys and settings are the user's own. */
function Screens() {
  const asked = useSearchParams().get("tab");
  const teamId = usePayer()?.teamId;
  const { value: teams } = useTeams();
  const team = teamId && teams?.find(({ id }) => id === teamId)?.name;
  const open = TABS.find(({ value }) => value === asked)?.value ?? "balance";
  return (
    <>
      {team && <p className="text-control text-text2">{words.ofTeam(team)}</p>}
      <Tabs
        label={words.title}
        tabs={TABS}
        value={open}
        onChange={(to) => window.history.pushState(null, "", `/account?tab=${to}`)}
      />
    </>
  );
}
