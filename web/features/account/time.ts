/** A document's moment, as text. */
export const timeOf = ({ seconds }: { readonly seconds: number }) => new Date(seconds * 1000).toISOString();
