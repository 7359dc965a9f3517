// Lines that were pasted where one prompt belongs, on their way to the batch editor: within this tab, once.
const KEY = "mf-paste";

export function handRows(text: string): void {
  sessionStorage.setItem(KEY, text);
}

/** What was handed over; it is taken with that. */
export function takeRows(): string | undefined {
  const text = sessionStorage.getItem(KEY) ?? undefined;
  sessionStorage.removeItem(KEY);
  return text;
}
