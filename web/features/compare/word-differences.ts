/** A piece of a text. `differs`: the other text does not have it here. */
export interface Piece {
  readonly text: string;
  readonly differs: boolean;
}

/** So many words of each text are compared one by one; what follows is compared as a whole. */
const WORDS_MAX = 1200;

/**
 * Both texts in pieces, by the longest row of words that they have in common. Joined, the pieces are
 * the texts. Words differ in case, too; how much space is between them makes no difference.
 */
export function differences(left: string, right: string): { left: Piece[]; right: Piece[] } {
  const [one, other] = [wordsOf(left), wordsOf(right)];
  const [keptOne, keptOther] = common(one, other);
  return { left: pieces(one, keptOne), right: pieces(other, keptOther) };
}

/** Words, each with the space behind it. */
function wordsOf(text: string): string[] {
  const words = text.match(/^\s+|[\p{L}\p{N}_'’-]+\s*|[^\p{L}\p{N}_'’\s-]+\s*/gu) ?? [];
  if (words.length <= WORDS_MAX) return words;
  return [...words.slice(0, WORDS_MAX), words.slice(WORDS_MAX).join("")];
}

/** For each word of either text whether it is of the longest common row. */
function common(one: readonly string[], other: readonly string[]): [boolean[], boolean[]] {
  const [a, b] = [one.map((word) => word.trim()), other.map((word) => word.trim())];
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width); // of the common row of what follows
  const at = (i: number, j: number) => lengths[i * width + j] as number;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const kept: [boolean[], boolean[]] = [a.map(() => false), b.map(() => false)];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      kept[0][i] = true;
      kept[1][j] = true;
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return kept;
}

function pieces(words: readonly string[], kept: readonly boolean[]): Piece[] {
  const joined: Piece[] = [];
  words.forEach((word, index) => {
    const differs = !kept[index];
    const last = joined.at(-1);
    if (last?.differs === differs) joined[joined.length - 1] = { text: last.text + word, differs };
    else joined.push({ text: word, differs });
  });
  return joined;
}
