import { useSearchParams } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import type { Catalog } from "@/live/catalog";
import { useOnline } from "@/live/online";
import { usePayer, useRole } from "@/live/payer";
import { Button } from "@/parts/button";
import { Notice } from "@/parts/notice";
import { whyOf } from "@/parts/why";
import { buyWords as words } from "@/words/buy";
import { openCheckout } from "./actions";

type Offer = NonNullable<Catalog["purchases"]>[number];

/** Credits to buy, for who pays; nothing where nothing is sold. */
export function Buy({ offers }: { readonly offers: readonly Offer[] | undefined }) {
  const role = useRole();
  const teamId = usePayer()?.teamId;
  if (!offers?.length) return null;
  return (
    <section aria-labelledby="buy" className="flex max-w-lg flex-col gap-3">
      <h2 id="buy" className="font-semibold text-section">
        {words.title}
      </h2>
      <Outcome />
      {role === "viewer" ? (
        <p className="text-control text-text2">{words.viewer}</p>
      ) : (
        <Offers key={teamId ?? ""} offers={offers} teamId={teamId} />
      )}
    </section>
  );
}

/** What became of the purchase that the payment page sends the buyer back from. */
function Outcome() {
  const outcome = useSearchParams().get("purchase");
  if (outcome === "paid") return <Notice>{words.paid}</Notice>;
  return outcome === "cancelled" ? <Notice>{words.cancelled}</Notice> : null;
}

function Offers({
  offers,
  teamId,
}: {
  readonly offers: readonly Offer[];
  readonly teamId: string | undefined;
}) {
  const isOnline = useOnline();
  const [opening, setOpening] = useState<number>();
  const [why, setWhy] = useState<string>();
  // Pressed again, it is the same page, which can be paid once.
  const requestIds = useRef(new Map<number, string>());

  // A page that the browser has kept shows again what it showed when it was left.
  useEffect(() => {
    const show = ({ persisted }: PageTransitionEvent) => {
      if (!persisted) return;
      requestIds.current.clear();
      setOpening(undefined);
    };
    window.addEventListener("pageshow", show);
    return () => window.removeEventListener("pageshow", show);
  }, []);

  const buy = async (credits: number) => {
    setOpening(credits);
    setWhy(undefined);
    const requestId = requestIds.current.get(credits) ?? crypto.randomUUID();
    requestIds.current.set(credits, requestId);
    try {
      window.location.assign(await openCheckout({ credits, teamId, requestId }));
    } catch (error) {
      setWhy(whyOf(error));
      setOpening(undefined);
    }
  };
  const unavailable = isOnline ? (opening && words.opening) || undefined : words.offline;
  return (
    <>
      <ul className="flex flex-wrap gap-2">
        {offers.map(({ credits, priceCents, currency }) => (
          <li key={credits}>
            <Button unavailable={unavailable} onClick={() => void buy(credits)}>
              {words.offer(credits, priceCents, currency)}
            </Button>
          </li>
        ))}
      </ul>
      {why && <Notice tone="bad">{why}</Notice>}
      <p role="status" className="text-meta text-text3">
        {opening ? words.opening : words.where}
        {teamId && ` ${words.forTeam}`}
      </p>
    </>
  );
}
