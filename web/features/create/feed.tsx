"use client";
import Link from "next/link";
import { useMemo, useRef } from "react";
import { useAccount } from "@/live/account";
import { tierOf, useCatalog } from "@/live/catalog";
import { useCancelling } from "@/live/control";
import { useDeletions } from "@/live/deletions";
import { type Sent, useFeed } from "@/live/feed";
import { ratioIn } from "@/live/found/item";
import { useSession } from "@/live/session";
import { FailureCard } from "@/parts/failure-card";
import { jobIdOf } from "@/parts/generation-address";
import { placesOf, rowsOf } from "@/parts/picture-grid/rows";
import { useBox } from "@/parts/picture-grid/use-box";
import { Skeleton } from "@/parts/skeleton";
import { create as words } from "@/words/create";
import { Examples } from "./examples";
import { FeedTile } from "./feed-tile";

interface Tile {
  readonly key: string;
  readonly sent: Sent;
  readonly picture: number;
  readonly ratio: number;
}

const PHONE = 600;

/** What was sent last: newest first, every picture of a job beside the others. */
export function Feed() {
  const { items, isLoaded, error } = useFeed();
  const { hidden } = useDeletions();
  const session = useSession();
  const tiles = useMemo(() => tilesOf(items, hidden), [items, hidden]);
  const today = new Date().toDateString();
  // What has no answer yet is of now, whenever it was asked for.
  const isToday = ({ sent: { generation } }: Tile) =>
    !generation || new Date(generation.createdAt).toDateString() === today;
  const earlier = tiles.filter((tile) => !isToday(tile));
  const isIn = session.status === "in";
  return (
    <section aria-labelledby="feed" className="flex flex-col gap-6">
      <header className="flex items-baseline justify-between">
        <h2 id="feed" className="font-semibold text-body">
          {tiles.some(isToday) ? words.todayHeading : words.feed}
        </h2>
        {isIn && tiles.length > 0 && (
          <Link href="/library" className="text-accent-text text-control hover:underline">
            {words.all}
          </Link>
        )}
      </header>
      {tiles.some(isToday) && (
        <div className="-mt-3">
          <Rows tiles={tiles.filter(isToday)} />
        </div>
      )}
      {isIn && !isLoaded && !error && tiles.length === 0 && <LoadingRows />}
      {isIn && error && tiles.length === 0 && <FailureCard failure={error} />}
      {earlier.length > 0 && (
        <div className="flex flex-col gap-3">
          {tiles.some(isToday) && <h3 className="font-semibold text-body">{words.earlierHeading}</h3>}
          <Rows tiles={earlier} />
        </div>
      )}
      {(session.status === "out" || (isLoaded && tiles.length === 0)) && <Examples isIn={isIn} />}
    </section>
  );
}

function Rows({ tiles }: { readonly tiles: readonly Tile[] }) {
  const box = useRef<HTMLDivElement>(null);
  const { width } = useBox(box);
  const catalog = useCatalog().value;
  const account = useAccount().value;
  const cancelling = useCancelling();
  const tier = tierOf(catalog, account?.tier);
  const places = account && tier ? { active: account.active, of: tier.jobsAtOnce } : undefined;
  const ratios = tiles.map(({ ratio }) => ratio);
  const isPhone = width > 0 && width < PHONE;
  const gap = isPhone ? 2 : 4;
  const rows = width > 0 ? rowsOf(ratios, 0, tiles.length, { width, height: isPhone ? 160 : 220, gap }) : [];
  return (
    <div ref={box} className="flex flex-col" style={{ gap }}>
      {rows.map((row) => (
        <div key={tiles[row.from]?.key} className="flex" style={{ gap, height: row.height }}>
          {placesOf(row, ratios, gap).map((place, at) => {
            const tile = tiles[row.from + at];
            if (!tile) return null;
            const { generation } = tile.sent;
            return (
              <div key={tile.key} style={{ width: place.width }} className="h-full shrink-0">
                <FeedTile
                  sent={tile.sent}
                  picture={tile.picture}
                  places={places}
                  isCancelling={generation ? cancelling.has(generation.path) : false}
                />
              </div>
            );
          })}
        </div>
      ))}
    </div>
  );
}

function LoadingRows() {
  return (
    <div className="flex flex-col gap-1">
      {[0, 1].map((row) => (
        <div key={row} className="flex h-50 gap-1">
          {[3, 2, 2.6].map((n) => (
            <span key={n} style={{ flexGrow: n }} className="basis-0">
              <Skeleton className="h-full" />
            </span>
          ))}
        </div>
      ))}
    </div>
  );
}

/** One tile a picture; a job that was tried again is shown as its last try. */
function tilesOf(items: readonly Sent[], hidden: ReadonlySet<string>): Tile[] {
  const retried = new Set(items.flatMap(({ generation }) => generation?.retryOf ?? []));
  return items
    .filter(({ generation }) => {
      return !generation || !(hidden.has(generation.path) || retried.has(jobIdOf(generation.path)));
    })
    .flatMap((sent) => {
      const { generation, entry } = sent;
      const count = generation ? numberShown(sent) : Number(entry?.payload.count ?? 1);
      const ratio =
        generation?.width && generation.height
          ? generation.width / generation.height
          : ratioOf(generation?.requestData ?? entry?.payload ?? {});
      return Array.from({ length: count }, (_, picture) => ({
        key: `${sent.key}/${picture}`,
        sent,
        picture,
        ratio,
      }));
    });
}

function numberShown({ generation }: Sent): number {
  if (!generation) return 1;
  return generation.status === "failed" || generation.status === "cancelled" ? 1 : generation.count;
}

function ratioOf(request: Readonly<Record<string, unknown>>): number {
  const { width, height, aspectRatio } = request;
  if (typeof width === "number" && typeof height === "number") return width / height;
  return ratioIn(aspectRatio);
}
