const ROWS_MAX_KNOWN_TO_NOBODY = 10;
/** The API takes a megabyte. */
const GROUP_CHARACTERS_MAX = 250_000;
/** A cell takes 50,000 characters. */
const STATE_CHARACTERS_MAX = 45_000;
const GOES_ON_ELSEWHERE = "Somebody else, or another key, has asked for it: it goes on with theirs.";
const ROW_MAY_BE_MADE_ANEW = "To make it anew, select the row and choose “Make the selected rows anew”.";

/** Marks every row with a prompt that was not asked for yet: from then on it is sent, as it is now. */
function askForRows(table: Table, settings: Settings, kinds: Record<string, string>): void {
  const ids = new Set(table.rows.flatMap((row) => (row.state?.request ? [row.state.id] : [])));
  const writer = new Writer(table.sheet);
  for (const row of table.rows) {
    const request = requestOf(row.cells, kinds);
    if (row.isUnreadable)
      writer.status(row, "not sent", `Its hidden cell was changed. ${ROW_MAY_BE_MADE_ANEW}`);
    else if (row.state && isOfAnother(row.state, settings))
      writer.status(row, "waiting", GOES_ON_ELSEWHERE);
    if (row.isUnreadable || request === undefined || row.state?.request !== undefined) continue;
    // A refused row keeps its id; a copy of it gets one of its own.
    const known = row.state?.id;
    const id = known !== undefined && !ids.has(known) ? known : `row ${Utilities.getUuid()}`;
    ids.add(id);
    const state: RowState = { id, by: senderOf(settings), request };
    if (JSON.stringify(state).length > STATE_CHARACTERS_MAX) {
      writer.status(row, "not sent", "It is too long.");
      continue;
    }
    writer.state(row, state);
    writer.status(row, "waiting", "");
  }
}

/**
 * Asked for, but not with this key, so whether it has become a row of a batch is not to be learnt with it.
 */
function isOfAnother(state: RowState, settings: Settings): boolean {
  return (isAsked(state) || isSending(state)) && state.by !== senderOf(settings);
}

/** What a step came to. `problem` is a sentence for the user; `needsUser`: it does not go on without them. */
interface Sent {
  problem?: string;
  needsUser?: boolean;
}

/** Sends what is on its way once more, and then what was asked for, a batch at a time. */
function sendRows(
  sheet: GoogleAppsScript.Spreadsheet.Sheet,
  settings: Settings,
  rowsMax: () => number,
  deadline: Deadline,
): Sent {
  let problem: string | undefined;
  const tried = new Set<string>();
  while (!deadline.isOver()) {
    const table = readTable(sheet);
    const mine = table.rows.filter((row) => row.state?.by === senderOf(settings));
    const due = mine.filter((row) => (row.state?.notBefore ?? 0) <= Date.now());
    const key =
      due.map((row) => row.state).find((state) => state && isSending(state) && !tried.has(state.send ?? ""))
        ?.send ?? markGroup(table, due, rowsMax);
    if (key === undefined) break;
    tried.add(key);
    const sent = sendGroup(sheet, settings, key);
    problem = sent.problem ?? problem;
    if (sent.fate === "later" || sent.fate === "stop") return { problem, needsUser: sent.fate === "stop" };
  }
  return { problem };
}

/** Writes into the next rows the key under which they are going to be sent; undefined without such rows. */
function markGroup(table: Table, due: TableRow[], rowsMax: () => number): string | undefined {
  const writer = new Writer(table.sheet);
  const sent = new Map(table.rows.flatMap(({ state }) => (state?.send ? [[state.id, state]] : [])));
  const asked = due.filter((row) => row.state && isAsked(row.state));
  // Whoever copies a row that waits to be sent has it once, in two places.
  for (const row of asked) {
    const twin = sent.get(row.state?.id ?? "");
    if (twin !== undefined) writer.state(row, { ...twin, ended: undefined });
  }
  const next = firstOfEachId(asked.filter((row) => row.state && isAsked(row.state)));
  if (next.length === 0) return undefined;
  const group = firstOf(next, rowsMax());
  const spreadsheet = SpreadsheetApp.getActiveSpreadsheet();
  const ids = group.map((row) => row.state?.id);
  const key = hashOf([spreadsheet.getId(), String(table.sheet.getSheetId()), ...ids].join("\n"));
  for (const row of group) if (row.state) writer.state(row, { ...row.state, send: key });
  SpreadsheetApp.flush(); // Google writes later than it says, unless it is told.
  return key;
}

function firstOf(rows: TableRow[], most: number): TableRow[] {
  let characters = 0;
  const end = rows.findIndex((row, index) => {
    characters += JSON.stringify(row.state).length;
    return index > 0 && (index >= most || characters > GROUP_CHARACTERS_MAX);
  });
  return end < 0 ? rows : rows.slice(0, end);
}

function hashOf(text: string): string {
  const bytes = Utilities.computeDigest(Utilities.DigestAlgorithm.SHA_256, text, Utilities.Charset.UTF_8);
  return `sheet-${bytes.map((byte) => (byte & 255).toString(16).padStart(2, "0")).join("")}`;
}

/**
 * Sends all rows that bear this key, as they were asked for. Sent again it is the same batch; and where the
 * API says that the key was used for other rows (one was deleted meanwhile, or moved), it names the batch
 * that has them.
 */
function sendGroup(
  sheet: GoogleAppsScript.Spreadsheet.Sheet,
  settings: Settings,
  key: string,
): { problem?: string; fate?: Fate } {
  const ofGroup = (table: Table) =>
    table.rows.filter((row) => row.state?.send === key && row.state.batch === undefined);
  const group = firstOfEachId(ofGroup(readTable(sheet)));
  const rows = group.map((row) => ({ ...row.state?.request, title: row.state?.id }));
  const body = { name: nameOf(sheet), rows };
  const answer = ask(settings, "post", "/batches", body, key);
  const batch = textIn(answer.body.batchId);
  const table = readTable(sheet);
  const now = ofGroup(table);
  const writer = new Writer(sheet);
  const isAccepted = answer.status === 202 || answer.status === 200;
  if (batch !== "" && (isAccepted || answer.reason === "request-id-reused")) {
    for (const row of now) if (row.state) writer.state(row, { ...row.state, notBefore: undefined, batch });
    for (const row of now) writer.status(row, "queued", "");
    return {};
  }
  const fate = isAccepted ? "later" : fateOf(answer);
  if (fate === "refused") {
    const reasons = reasonsOf(
      answer,
      group.map((row) => row.state?.id ?? ""),
    );
    // Without credits, for example, the next batch is refused, too; with other rows it may be accepted.
    const next = table.rows.filter(
      ({ state }) => state && isAsked(state) && state.by === senderOf(settings),
    );
    refuse(writer, reasons.size > 0 ? now : [...now, ...next], reasons, answer.words);
  } else wait(writer, now, answer, fate);
  return { problem: answer.words, fate };
}

/** A row that was copied while it was on its way is sent once. */
function firstOfEachId(rows: TableRow[]): TableRow[] {
  const byId = new Map<string, TableRow>();
  for (const row of rows) if (row.state && !byId.has(row.state.id)) byId.set(row.state.id, row);
  return [...byId.values()];
}

/** Without half a character at its end. */
function nameOf(sheet: GoogleAppsScript.Spreadsheet.Sheet): string {
  const name = `${SpreadsheetApp.getActiveSpreadsheet().getName()}: ${sheet.getName()}`;
  return Array.from(name).slice(0, 120).join("");
}

/** What is wrong with rows, by their ids. `rows[3].prompt` is of the fourth that was sent. */
function reasonsOf(answer: Answer, ids: string[]): Map<string, string> {
  const reasons = new Map<string, string>();
  const add = (index: string | undefined, words: string) => {
    const id = ids[Number(index)];
    if (id !== undefined) reasons.set(id, reasons.has(id) ? `${reasons.get(id)}; ${words}` : words);
  };
  for (const error of listIn(answer.body.fieldErrors)) {
    const [, index, field] = /^rows\[(\d+)\]\.?(.*)$/.exec(textIn(error.field)) ?? [];
    add(index, `${field ? `${field} ` : ""}${textIn(error.message)}`);
  }
  // Some refusals have no fields, and name the row in their words.
  const [, index, words] = /^rows\[(\d+)\]: (.*)$/s.exec(answer.words) ?? [];
  if (reasons.size === 0) add(index, words ?? "");
  return reasons;
}

/** Nothing was made. The rows may be corrected, and asked for again. */
function refuse(writer: Writer, rows: TableRow[], reasons: Map<string, string>, words: string): void {
  const others = reasons.size > 0 ? "Other rows of its batch have to be corrected first." : words;
  for (const row of rows) writer.status(row, "not sent", reasons.get(row.state?.id ?? "") ?? others);
  for (const row of rows) if (row.state) writer.state(row, { id: row.state.id });
}

/** They stay on their way: sent again, under the same key, they are the same batch. */
function wait(writer: Writer, rows: TableRow[], answer: Answer, fate: Fate): void {
  const goesOn =
    fate === "stop"
      ? "Correct that in “Address and key…”; then it goes on."
      : "It is sent again by itself.";
  for (const row of rows) writer.status(row, "waiting", `${answer.words} ${goesOn}`);
  if (answer.waitMs === 0) return;
  const notBefore = Date.now() + answer.waitMs;
  for (const row of rows) if (row.state) writer.state(row, { ...row.state, notBefore });
}
