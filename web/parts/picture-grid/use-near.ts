import { type PointerEvent, useState } from "react";
import { indexAt } from "./use-pressing";

/** The items that the pointer is over and that the focus is on; -1: none. A finger is over nothing. */
export function useNear() {
  const [hovered, hover] = useState(-1);
  const [focused, focus] = useState(-1);
  return {
    hovered,
    focused,
    focus,
    over: ({ target, pointerType }: PointerEvent) => hover(pointerType === "touch" ? -1 : indexAt(target)),
    leave: () => hover(-1),
  };
}
