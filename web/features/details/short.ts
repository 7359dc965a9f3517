const MOST = 60;

/** The beginning of a prompt, as a title: whole words, one line. */
export function shortOf(prompt: string): string {
  const line = prompt.replace(/\s+/g, " ").trim();
  if (line.length <= MOST) return line;
  const cut = line.slice(0, MOST);
  return `${cut.slice(0, cut.lastIndexOf(" ") > MOST / 2 ? cut.lastIndexOf(" ") : MOST)}…`;
}
