/** What the page for administrators says to everybody else. */
export const closedWords = {
  notAdmin: "If you look after this installation, sign in as its administrator.",
} as const;
