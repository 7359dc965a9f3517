import { credits, plural } from "./en";

export const jobs = {
  title: "Jobs",
  empty: "Nothing is running.",
  processing: (n: number) => `Processing ${n}`,
  waiting: (n: number) => `Waiting ${n}`,
  places: (active: number, of: number) => `${active} of ${of} places in use`,
  finished: (n: number) => `Finished since this page was opened (${n})`,
  clear: "Clear the list",
  cancelAll: "Cancel all waiting",
  cancelAllTitle: (n: number) => `Cancel ${plural(n, "waiting job")}?`,
  cancelAllBody: (freed: number) => `${credits(freed)} come back. What is being made goes on.`,
  keep: "Keep waiting",
  cancelN: (n: number) => `Cancel ${plural(n, "job")}`,
  batch: (name: string) => `Batch “${name}”`,
  open: "Open",
  percent: (share: number) => `${Math.round(share * 100)} %`,
};
