"use client";
import dynamic from "next/dynamic";
import { type ComponentProps, useState } from "react";
import type { AlertDialog as LoadedAlert } from "./alert-dialog";
import type { Dialog as Loaded } from "./dialog";

const Dialog = dynamic(() => import("./dialog").then(({ Dialog }) => Dialog), { ssr: false });
const AlertDialog = dynamic(() => import("./alert-dialog").then(({ AlertDialog }) => AlertDialog), {
  ssr: false,
});

/** A dialog whose code is loaded when it is first opened. */
export function LazyDialog(props: ComponentProps<typeof Loaded>) {
  return useWasTrue(props.open) && <Dialog {...props} />;
}

/** The same of a question. */
export function LazyAlertDialog(props: ComponentProps<typeof LoadedAlert>) {
  return useWasTrue(props.open) && <AlertDialog {...props} />;
}

/** It stays once it was there: its closing is seen, too. */
function useWasTrue(now: boolean): boolean {
  const [was, setWas] = useState(now);
  if (now && !was) setWas(true);
  return was || now;
}
