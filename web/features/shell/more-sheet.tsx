"use client";
import Link from "next/link";
import { useSession } from "@/live/session";
import { cx } from "@/parts/cx";
import { Dialog } from "@/parts/dialog";
import { setLayer } from "@/parts/layers";
import { places as placeWords, shell as words } from "@/words/en";
import { useOwnPlaces } from "./own-places";
import { usePayerItems } from "./payer-menu";
import type { Place } from "./places";

/** What has no room in the bar of phones: these places, and the user's own. */
export default function MoreSheet({ places }: { readonly places: readonly Place[] }) {
  const own = useOwnPlaces();
  const isIn = useSession().status === "in";
  const payers = usePayerItems();
  const close = () => setLayer("more", false);
  const row = "flex h-12 w-full items-center gap-3 text-body";
  return (
    <Dialog open onOpenChange={close} title={placeWords.more} shape="sheet">
      <ul className="divide-y divide-line">
        {[...places, ...own].map(({ href, label, icon: Icon }) => (
          <li key={href}>
            <Link href={href} onClick={close} className={row}>
              <Icon size={20} strokeWidth={1.75} aria-hidden />
              {label}
            </Link>
          </li>
        ))}
      </ul>
      {isIn && (
        <fieldset className="mt-4">
          <legend className="text-meta text-text3">{words.pays}</legend>
          {payers
            .filter(({ checked }) => checked !== undefined)
            .map(({ label, icon, checked, onSelect }) => (
              <button
                key={label}
                type="button"
                aria-pressed={checked}
                onClick={onSelect}
                className={cx(row, checked && "font-semibold")}
              >
                {icon}
                {label}
              </button>
            ))}
        </fieldset>
      )}
    </Dialog>
  );
}
