/**
 * A text as the value of a cell: never a formula, whoever wrote it. Sheets takes the apostrophe for "this
 * is text", and does not show it.
 */
function asText(text: string): string {
  return /^[=+\-@'\t\r\n]/.test(text) ? `'${text}` : text;
}

/** The formula that shows the picture at this address, or "" where it is none. */
function imageFormula(address: string | undefined): string {
  return formulaOf("IMAGE", address);
}

function linkFormula(address: string | undefined): string {
  return formulaOf("HYPERLINK", address);
}

/** One argument only: what stands between two depends on the language of the spreadsheet. */
function formulaOf(name: string, address: string | undefined): string {
  if (address === undefined || !/^https?:\/\/[^\s\\]+$/i.test(address)) return "";
  return `=${name}("${address.replace(/"/g, '""')}")`;
}

function write(sheet: GoogleAppsScript.Spreadsheet.Sheet, row: number, column: number, text: string): void {
  sheet.getRange(row, column).setValue(asText(text));
}

function writeFormula(
  sheet: GoogleAppsScript.Spreadsheet.Sheet,
  row: number,
  column: number,
  formula: string,
): void {
  const cell = sheet.getRange(row, column);
  if (formula === "") cell.clearContent();
  else cell.setFormula(formula);
}
