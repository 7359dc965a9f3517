/** What whoever makes an invitation link reads, whatever it lets in to. */
export const inviteWords = {
  makeLink: "Make a link",
  link: "The link. It is shown this once.",
};
