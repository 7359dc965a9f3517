import { LayoutGrid, List, RotateCw } from "lucide-react";
import { ToggleGroup } from "radix-ui";
import type { Batch, BatchRow } from "@/live/batches";
import { ORDER } from "@/parts/batch-bar";
import { Button } from "@/parts/button";
import { IconButton } from "@/parts/icon-button";
import { Skeleton } from "@/parts/skeleton";
import { runWords as words } from "@/words/batches";
import { Tile } from "./tile";
import type { Address } from "./use-address";

interface Props {
  readonly batch: Batch;
  readonly rows: readonly BatchRow[] | undefined;
  readonly address: Address;
  readonly onRetry: (() => void) | undefined;
  readonly isRetrying: boolean;
  readonly unavailable: string | undefined;
}

const CHIP =
  "h-control rounded-full border border-control px-3 text-control tabular-nums data-[state=on]:border-accent-text data-[state=on]:bg-tint data-[state=on]:text-accent-text";
const ALL = "all";

/** The rows by their places, all of them or those of a status. */
export function Rows({ batch, rows, address, onRetry, isRetrying, unavailable }: Props) {
  const { counts } = batch;
  const shown = rows?.filter(({ status }) => !address.show || status === address.show);
  const failed = rows?.filter(({ status }) => status === "failed") ?? [];
  const price = failed.reduce((sum, { credits }) => sum + credits.estimated, 0);
  const OtherLayout = address.isList ? LayoutGrid : List;
  return (
    <section aria-label={words.rows} className="flex min-w-0 flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <ToggleGroup.Root
          type="single"
          aria-label={words.filter}
          value={address.show ?? ALL}
          onValueChange={(to) => address.filter(ORDER.find((status) => status === to))}
          className="flex flex-wrap gap-1"
        >
          <ToggleGroup.Item value={ALL} className={CHIP}>
            {words.all} {counts.total}
          </ToggleGroup.Item>
          {ORDER.filter((status) => counts[status] > 0 || address.show === status).map((status) => (
            <ToggleGroup.Item key={status} value={status} className={CHIP}>
              {words.statuses[status]} {counts[status]}
            </ToggleGroup.Item>
          ))}
        </ToggleGroup.Root>
        {onRetry && failed.length > 0 && (
          <Button
            icon={<RotateCw size={16} aria-hidden />}
            onClick={onRetry}
            disabled={isRetrying}
            unavailable={unavailable}
          >
            {words.retry(failed.length)} <span className="text-text2 tabular-nums">{words.price(price)}</span>
          </Button>
        )}
        <IconButton
          className="ms-auto"
          label={address.isList ? words.asGrid : words.asList}
          onClick={() => address.layOut(!address.isList)}
        >
          <OtherLayout size={16} aria-hidden />
        </IconButton>
      </div>
      {shown?.length === 0 && <p className="py-8 text-center text-text2">{words.none}</p>}
      <ol
        className={
          address.isList
            ? "flex flex-col"
            : "grid grid-cols-[repeat(auto-fill,minmax(96px,1fr))] gap-1 tablet:grid-cols-[repeat(auto-fill,128px)]"
        }
      >
        {shown?.map((row) => (
          <li key={row.id}>
            <Tile
              row={row}
              isList={address.isList}
              isPaused={batch.status === "paused"}
              onOpen={() => address.openRow(row.index)}
            />
          </li>
        ))}
        {!rows &&
          Array.from({ length: counts.total }, (_, at) => at).map((place) => (
            <li key={place}>
              <Skeleton className="aspect-square w-full" />
            </li>
          ))}
      </ol>
    </section>
  );
}
