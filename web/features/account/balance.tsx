import { type Account, useAccount } from "@/live/account";
import { type Catalog, type TierOffer, tierOf, useCatalog } from "@/live/catalog";
import { moment } from "@/parts/clock";
import { FailureCard } from "@/parts/failure-card";
import { Notice } from "@/parts/notice";
import { Skeleton } from "@/parts/skeleton";
import { balanceWords as words } from "@/words/account";
import { app } from "@/words/en";
import { Buy } from "./buy";

export function Balance() {
  const account = useAccount();
  const catalog = useCatalog();
  const failure = account.error ?? catalog.error;
  if (account.value === undefined || !catalog.value) {
    return failure ? <FailureCard failure={failure} /> : <Skeleton className="h-7 w-24" />;
  }
  return (
    <div className="flex flex-col gap-6">
      {account.error && account.asOf && (
        <Notice>{app.asOf(moment(new Date(account.asOf).toISOString()))}</Notice>
      )}
      <Credits account={account.value} catalog={catalog.value} />
      <Buy offers={catalog.value.purchases} />
      <Today account={account.value} tier={tierOf(catalog.value, account.value?.tier)} />
    </div>
  );
}

function Credits({ account, catalog }: { readonly account: Account | null; readonly catalog: Catalog }) {
  const tier = tierOf(catalog, account?.tier);
  return (
    <section className="flex flex-col gap-1 text-control text-text2 tabular-nums">
      {account?.blocked_at && <Notice tone="bad">{words.blocked(account.blocked_reason)}</Notice>}
      <p className="text-body">
        <span className="font-semibold text-page text-text">
          {(account?.available ?? 0).toLocaleString("en")}
        </span>{" "}
        {words.available}
      </p>
      {!account && <p>{words.welcome(catalog.welcome.credits)}</p>}
      {account && account.held > 0 && <p>{words.held(account.held, account.active)}</p>}
      {account && account.owed > 0 && <p>{words.owed(account.owed)}</p>}
      {tier && <p>{words.tier(tier.title)}</p>}
      {tier && tier.monthlyCredits > 0 && <p>{words.monthly(tier.monthlyCredits)}</p>}
    </section>
  );
}

const LIMITS = {
  images: "imagesADay",
  videos: "videosADay",
  trainings: "trainingsADay",
  directions: "directionsADay",
} as const;
const COUNTED = Object.keys(LIMITS) as (keyof typeof LIMITS)[];

function Today({
  account,
  tier,
}: {
  readonly account: Account | null;
  readonly tier: TierOffer | undefined;
}) {
  const today = new Date().toISOString().slice(0, 10);
  const used = account?.usage.day === today ? account.usage : undefined;
  if (!tier) return null;
  return (
    <section className="flex max-w-lg flex-col gap-3">
      <h2 className="font-semibold text-section">{words.today}</h2>
      {COUNTED.map((kind) => (
        <Count
          key={kind}
          label={words.kinds[kind]}
          used={used?.[kind] ?? 0}
          limit={tier[LIMITS[kind]]}
          tier={tier.title}
        />
      ))}
      <Count label={words.asked} used={used?.credits ?? 0} limit={null} tier={tier.title} />
      <p className="text-meta text-text3">{words.resets}</p>
    </section>
  );
}

interface CountProps {
  readonly label: string;
  readonly used: number;
  readonly limit: number | null;
  readonly tier: string;
}

function Count({ label, used, limit, tier }: CountProps) {
  const said = limit === null ? words.noLimit(used) : limit === 0 ? words.notIn(tier) : words.of(used, limit);
  return (
    <div className="flex flex-col gap-1 text-control">
      <div className="flex justify-between gap-4 tabular-nums">
        <span>{label}</span>
        <span className="text-text2">{said}</span>
      </div>
      {limit !== null && limit > 0 && (
        <progress
          aria-label={label}
          value={Math.min(used, limit)}
          max={limit}
          className="h-1.5 w-full appearance-none overflow-hidden rounded-full bg-skeleton [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-skeleton [&::-webkit-progress-value]:bg-accent"
        />
      )}
    </div>
  );
}
