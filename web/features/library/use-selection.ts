import { useCallback, useEffect, useReducer, useRef } from "react";
import { announce } from "@/parts/live-region";
import { NOTHING_SELECTED, type SelectionAction, selected } from "@/parts/picture-grid";
import { library as words } from "@/words/library";

/** What is selected of these. It is emptied where another search begins. */
export function useSelection(paths: readonly string[], search: object | undefined) {
  const [selection, select] = useReducer(selected, NOTHING_SELECTED);
  const searched = useRef(search);
  useEffect(() => {
    if (searched.current !== search) select({ type: "clear" });
    searched.current = search;
  }, [search]);
  useEffect(() => select({ type: "keep", order: paths }), [paths]);

  const { chosen, isCut } = selection;
  const told = useRef(0);
  useEffect(() => {
    if (told.current === chosen.size && !isCut) return;
    told.current = chosen.size;
    announce(isCut ? `${words.selected(chosen.size)}. ${words.cut}` : words.selected(chosen.size));
  }, [chosen, isCut]);
  return { selection, select: useCallback((action: SelectionAction) => select(action), []) };
}
