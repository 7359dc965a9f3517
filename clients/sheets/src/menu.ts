// What Google calls by name: the menu's entries, the trigger, and the sidebar with `saveSettings`.

function onOpen(): void {
  SpreadsheetApp.getUi()
    .createMenu("MediaForge")
    .addItem("Make the rows of this sheet", "makeRows")
    .addItem("Update now", "updateNow")
    .addItem("Make the selected rows anew", "makeSelectedRowsAnew")
    .addSeparator()
    .addItem("Prepare this sheet", "prepareSheet")
    .addItem("Address and key…", "showSidebar")
    .addToUi();
}

function onInstall(): void {
  onOpen();
}

function showSidebar(): void {
  const page = HtmlService.createHtmlOutputFromFile("sidebar").setTitle("MediaForge");
  SpreadsheetApp.getUi().showSidebar(page);
}

/** For the sidebar. The key stays here. */
function shownSettings(): { address: string; hasKey: boolean } {
  const settings = readSettings_();
  return { address: settings?.address ?? "", hasKey: settings !== undefined };
}

function prepareSheet(): void {
  tell(
    alone(() => {
      const problem = prepare(SpreadsheetApp.getActiveSheet());
      return problem || "Fill in a prompt in each row, then choose “Make the rows of this sheet”.";
    }),
  );
}

function makeRows(): void {
  withSettings((settings, deadline) => {
    const sheet = SpreadsheetApp.getActiveSheet();
    const problem = prepare(sheet);
    if (problem !== "") return problem;
    const offer = offerFor(settings);
    if (offer.problem !== "") return offer.problem;
    ensureTrigger();
    askForRows(readTable(sheet), settings, offer.kinds);
    SpreadsheetApp.flush();
    return advance(settings, deadline, false, offer);
  });
}

function updateNow(): void {
  withSettings((settings, deadline) => {
    ensureTrigger();
    return advance(settings, deadline, true);
  });
}

/**
 * Forgets what is known of the selected rows: then they are new. A row that may be under way is left alone.
 */
function makeSelectedRowsAnew(): void {
  withSettings((settings, deadline) => {
    const sheet = SpreadsheetApp.getActiveSheet();
    const ranges = sheet.getActiveRangeList()?.getRanges() ?? [];
    const isSelected = (row: TableRow) =>
      ranges.some(
        (range) => row.number >= range.getRow() && row.number < range.getRow() + range.getNumRows(),
      );
    const rows = readTable(sheet).rows.filter(isSelected);
    const underWay = rows.filter((row) => row.state && isSending(row.state));
    if (underWay.length > 0) {
      const numbers = underWay.map((row) => row.number).join(", ");
      return `Rows ${numbers} are being sent. Choose “Update now”, and then try again.`;
    }
    const offer = offerFor(settings);
    if (offer.problem !== "") return offer.problem;
    ensureTrigger();
    const numbers = new Set(rows.map((row) => row.number));
    const writer = new Writer(sheet);
    for (const row of rows) writer.forget(row);
    const table = readTable(sheet);
    askForRows(
      { ...table, rows: table.rows.filter((row) => numbers.has(row.number)) },
      settings,
      offer.kinds,
    );
    SpreadsheetApp.flush();
    return advance(settings, deadline, false, offer);
  });
}

/** The trigger. Nobody is there to be told anything but by the cells. */
function continueInBackground(): void {
  const settings = readSettings_();
  if (settings === undefined) removeTriggers();
  else alone(() => advance(settings, new Deadline(), false));
}

function withSettings(work: (settings: Settings, deadline: Deadline) => string): void {
  const deadline = new Deadline();
  const settings = readSettings_();
  if (settings === undefined) showSidebar();
  else tell(alone(() => work(settings, deadline)));
}

function tell(words: string): void {
  SpreadsheetApp.getActiveSpreadsheet().toast(words, "MediaForge", 10);
}
