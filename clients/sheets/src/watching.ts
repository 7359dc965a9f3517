/**
 * Shows how the rows of each batch are. `all`: also of those that have ended, which may have been run
 * again.
 */
function watch(
  sheet: GoogleAppsScript.Spreadsheet.Sheet,
  settings: Settings,
  deadline: Deadline,
  all: boolean,
): Sent {
  const watched = readTable(sheet).rows.flatMap(({ state }) =>
    state?.batch !== undefined && maySee(settings, state.by) && (all || !state.ended) ? [state.batch] : [],
  );
  let problem: string | undefined;
  for (const batch of new Set(watched)) {
    if (deadline.isOver()) break;
    const answer = ask(settings, "get", `/batches/${encodeURIComponent(batch)}/rows`);
    if (answer.status === 200) showBatch(sheet, batch, listIn(answer.body.items), all);
    else if (answer.status === 404) showBatch(sheet, batch, [], all);
    else problem = answer.words;
    if (answer.status === 401 || answer.status === 403) return { problem, needsUser: true };
    if (answer.status === 429) break;
  }
  return { problem };
}

function showBatch(
  sheet: GoogleAppsScript.Spreadsheet.Sheet,
  batch: string,
  items: Fields[],
  all: boolean,
): void {
  const byTitle = new Map(items.map((item) => [textIn(fieldsIn(item.requestData).title), item]));
  const writer = new Writer(sheet);
  for (const row of readTable(sheet).rows) {
    if (row.state?.batch === batch && (all || !row.state.ended)) {
      showRow(writer, row, row.state, byTitle.get(row.state.id));
    }
  }
}

/** That it has ended is written last: until then it is shown again. */
function showRow(writer: Writer, row: TableRow, state: RowState, item: Fields | undefined): void {
  const status = item === undefined ? "failed" : textIn(item.status);
  const said =
    item === undefined ? "Its batch, or its row there, is gone." : textIn(fieldsIn(item.error).message);
  const changed = hasChanged(row) ? `Changed since it was sent. ${ROW_MAY_BE_MADE_ANEW}` : "";
  const hasEnded = ["completed", "failed", "cancelled"].includes(status);
  if (hasEnded) {
    const made = fieldsIn(item?.generationData);
    const links = [...textsIn(made.imageUrls), ...textsIn([made.videoUrl])];
    writer.pictures(row, textsIn(made.thumbnailUrls), links);
  }
  writer.status(row, status, [said, changed].filter((part) => part !== "").join(" "));
  if (hasEnded !== (state.ended === true))
    writer.state(row, { ...state, ended: hasEnded ? true : undefined });
}
