"use client";
import { useEffect, useRef } from "react";
import { ContextMenu, type MenuItem } from "@/parts/menu";
import { library as words } from "@/words/library";

interface Props {
  /** Where it was asked for. Another object asks for it again. */
  readonly at: { readonly x: number; readonly y: number };
  readonly items: readonly MenuItem[];
}

/** The menu of tiles, at a point: one for all of them, loaded when it is first asked for. */
export default function TileMenuLayer({ at, items }: Props) {
  const point = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const place = { bubbles: true, cancelable: true, clientX: at.x, clientY: at.y };
    point.current?.dispatchEvent(new MouseEvent("contextmenu", place));
  }, [at]);
  return (
    <ContextMenu label={words.more} items={items} trigger={<span ref={point} className="fixed size-0" />} />
  );
}
