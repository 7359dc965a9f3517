/** The fields of a JSON object from elsewhere, of which nothing is known yet. */
interface Fields {
  [name: string]: unknown;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldsIn(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** The text, or "" where there is none. */
function textIn(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Those items of a list that are objects. */
function listIn(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
