const TAGS_MAX = 20;
const LENGTH_MAX = 40;

/** The tags that a text names, separated by commas: in lower case, each once. */
export function tagsIn(text: string): string[] {
  const tags = text.split(",").map((tag) => tag.trim().toLowerCase().slice(0, LENGTH_MAX));
  return [...new Set(tags.filter(Boolean))].slice(0, TAGS_MAX);
}

/** Those that all of them have, in the order of the first. */
export function commonTags(all: readonly (readonly string[])[]): string[] {
  return (all[0] ?? []).filter((tag) => all.every((tags) => tags.includes(tag)));
}
