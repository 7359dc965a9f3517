import { useCallback, useEffect, useMemo, useRef } from "react";
import { useDeletions } from "@/live/deletions";
import { foundBy, useFound, without } from "@/live/found";
import { useOpenJobs } from "@/live/jobs";
import { useOnline } from "@/live/online";
import { usePayer } from "@/live/payer";
import { onWake } from "@/live/store";
import { type Address, asked, NO_FILTERS } from "./filters";
import { monthsOf } from "./headings";

/** What the address asks for: what of it is found so far, without what is about to be deleted. */
export function useLibrary(address: Address) {
  const payer = usePayer();
  const filters = Object.keys(NO_FILTERS) as (keyof typeof NO_FILTERS)[];
  const uid = payer?.uid;
  const teamId = payer?.teamId;
  const store = useMemo(
    () => (uid ? foundBy(uid, asked(address, teamId)) : undefined),
    [uid, teamId, ...filters.map((name) => address[name])],
  );
  const found = useFound(store);
  useEffect(() => {
    if (store?.read().state === "more" && store.read().shelf.paths.length === 0) void store.more();
  }, [store]);

  const isOnline = useOnline();
  useEffect(() => {
    // The line is back: what could not be read is read.
    if (isOnline && store?.read().failure?.reason === "network") void store.more();
  }, [isOnline, store]);

  // What is in sight stays where it is: what is new waits, unless there is nothing yet.
  const look = useCallback(() => void store?.look(store.read().shelf.paths.length === 0), [store]);
  useEffect(() => onWake(look), [look]);
  // A job that is open no more has ended: perhaps it is one of these.
  const open = useOpenJobs().value;
  const before = useRef(open);
  useEffect(() => {
    const there = new Set(open?.map(({ path }) => path));
    const hasEnded = open && before.current?.some(({ path }) => !there.has(path));
    before.current = open;
    if (hasEnded) look();
  }, [open, look]);

  const { hidden } = useDeletions();
  const shelf = useMemo(
    () => found && (hidden.size ? without(found.shelf, hidden) : found.shelf),
    [found, hidden],
  );
  const headings = useMemo(() => monthsOf(shelf?.createdAt ?? []), [shelf?.createdAt]);
  return { store, found, shelf, headings, teamId: address.team ?? teamId };
}
