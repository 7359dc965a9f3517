import { useKeptDraft } from "./use-draft";

/** Shows nothing: who is signed in then draws nothing anew but what shows it. */
export function KeptDraft(): null {
  useKeptDraft();
  return null;
}
