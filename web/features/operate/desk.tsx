import { useSearchParams } from "next/navigation";
import { Button } from "@/parts/button";
import { moment } from "@/parts/clock";
import { FailureCard } from "@/parts/failure-card";
import { Notice } from "@/parts/notice";
import { Skeleton } from "@/parts/skeleton";
import { Tabs } from "@/parts/tabs";
import { refusal } from "@/words/en";
import { operateWords as words } from "@/words/operate";
import { AccountScreen } from "./account";
import { Letters } from "./letters";
import { Overview } from "./overview";
import { Stuck } from "./stuck";
import { useDesk } from "./use-desk";

type Screen = keyof typeof words.tabs;
const SCREENS = Object.keys(words.tabs) as Screen[];

/** What an operator looks at, and what they decide. */
export function Desk() {
  const query = useSearchParams();
  const accountId = query.get("account") ?? undefined;
  const open = SCREENS.find((screen) => screen === query.get("tab")) ?? "overview";
  const { value, at, failure, isLooking, look } = useDesk(accountId);
  const show = (screen: string, account = accountId) => {
    const said = new URLSearchParams({ tab: screen, ...(account && { account }) });
    window.history.pushState(null, "", `/operate?${said}`);
  };
  const toAccount = (account: string) => show("account", account);
  if (!value) {
    return failure ? (
      <FailureCard failure={failure} onAgain={() => void look()} />
    ) : (
      <Skeleton className="h-12 w-full" />
    );
  }
  const again = () => void look();
  const contents = {
    overview: <Overview seen={value} onAccount={toAccount} onChanged={again} />,
    letters: <Letters seen={value} onAccount={toAccount} onChanged={again} />,
    stuck: <Stuck seen={value} onAccount={toAccount} />,
    account: (
      <AccountScreen
        key={accountId}
        accountId={accountId}
        account={value.account}
        isLooking={isLooking}
        onAccount={toAccount}
        onChanged={again}
      />
    ),
  };
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="text-control text-text2">{at && words.asOf(moment(at))}</p>
        <Button disabled={isLooking} onClick={again}>
          {words.look}
        </Button>
      </div>
      {failure && <Notice tone="bad">{refusal(failure)}</Notice>}
      <Tabs
        label={words.title}
        tabs={SCREENS.map((screen) => ({
          value: screen,
          label: words.tabs[screen](value),
          content: contents[screen],
        }))}
        value={open}
        onChange={(screen) => show(screen)}
      />
    </>
  );
}
