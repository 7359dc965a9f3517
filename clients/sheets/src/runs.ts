/** Google ends a run after six minutes, at any line. */
const RUN_MS = 4.5 * 60_000;
const LOCK_MS = 5_000;
const TICK = "continueInBackground";

class Deadline {
  private readonly end = Date.now() + RUN_MS;

  isOver(): boolean {
    return Date.now() > this.end;
  }
}

/**
 * One run at a time for a spreadsheet, whoever began it. Google frees the lock of a run that it has ended.
 */
function alone(work: () => string): string {
  const lock = LockService.getDocumentLock();
  if (!lock.tryLock(LOCK_MS)) return "MediaForge is at work in this spreadsheet. Try again in a moment.";
  try {
    return work();
  } finally {
    SpreadsheetApp.flush();
    lock.releaseLock();
  }
}

/** Sends and watches until all is done that can be done now. Returns a sentence for the user. */
function advance(settings: Settings, deadline: Deadline, all: boolean, offer?: Offer): string {
  const sheets = SpreadsheetApp.getActiveSpreadsheet().getSheets();
  let told: Sent = {};
  const rowsMax = () => (offer ??= offerFor(settings)).rowsMax;
  for (const step of [
    (sheet: GoogleAppsScript.Spreadsheet.Sheet) => sendRows(sheet, settings, rowsMax, deadline),
    (sheet: GoogleAppsScript.Spreadsheet.Sheet) => watch(sheet, settings, deadline, all),
  ]) {
    for (const sheet of sheets) {
      const said = step(sheet);
      told = { problem: told.problem ?? said.problem, needsUser: told.needsUser || said.needsUser };
      if (said.needsUser) break;
    }
  }
  const open = sheets
    .flatMap((sheet) => readTable(sheet).rows)
    .filter((row) => isOfOurs(row, settings)).length;
  if (open === 0 || told.needsUser) removeTriggers();
  return [told.problem ?? "", open > 0 ? `Rows under way: ${open}.` : "Nothing is under way."]
    .join(" ")
    .trim();
}

function isOfOurs({ state }: TableRow, settings: Settings): boolean {
  if (state === undefined || !isOpen(state)) return false;
  return isRunning(state) ? maySee(settings, state.by) : state.by === senderOf(settings);
}

/** What the catalogue offers to this account: kinds of models, by their names, and the rows of a batch. */
interface Offer {
  kinds: Record<string, string>;
  rowsMax: number;
  problem: string;
}

function offerFor(settings: Settings): Offer {
  const account = ask(settings, "get", "/account");
  const catalogue = ask(settings, "get", "/models");
  const wrong = [account, catalogue].find((answer) => answer.status !== 200);
  const kinds: Record<string, string> = {};
  for (const model of listIn(catalogue.body.models)) {
    if (model.kind === "video") kinds[textIn(model.id)] = "video";
  }
  for (const [old, alias] of Object.entries(fieldsIn(catalogue.body.aliases))) {
    const kind = kinds[textIn(fieldsIn(alias).model)];
    if (kind !== undefined) kinds[old] = kind;
  }
  const tier = listIn(catalogue.body.tiers).find((each) => each.id === account.body.tier);
  const rowsMax = Number(tier?.batchRowsMax ?? ROWS_MAX_KNOWN_TO_NOBODY);
  return { kinds, rowsMax, problem: wrong?.words ?? "" };
}

/**
 * One trigger, every minute, from before anything is sent until all is shown: a run that dies needs no
 * care.
 */
function ensureTrigger(): void {
  const [first, ...others] = ourTriggers();
  for (const other of others) ScriptApp.deleteTrigger(other);
  if (first === undefined) ScriptApp.newTrigger(TICK).timeBased().everyMinutes(1).create();
}

function removeTriggers(): void {
  for (const trigger of ourTriggers()) ScriptApp.deleteTrigger(trigger);
}

function ourTriggers(): GoogleAppsScript.Script.Trigger[] {
  return ScriptApp.getProjectTriggers().filter((each) => each.getHandlerFunction() === TICK);
}
