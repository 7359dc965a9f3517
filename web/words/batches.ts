/** What the screens of batches say. */
import type { BatchStatus, Counts } from "@/live/batches";
import type { Segment } from "@/parts/batch-bar/segments";
import { credits, plural } from "./en";

export const columnWords: Readonly<Record<string, string>> = {
  title: "title",
  prompt: "prompt",
  kind: "kind",
  aspectRatio: "ratio",
  count: "count",
  durationSeconds: "seconds",
  resolution: "resolution",
  seed: "seed",
  negativePrompt: "without",
  model: "model",
  styleId: "style",
};

export const faultWords = {
  promptMissing: "A prompt is missing.",
  promptTooLong: (max: number, is: number) =>
    `At most ${max.toLocaleString("en")} characters; these are ${is.toLocaleString("en")}.`,
  titleTooLong: (max: number) => `At most ${max} characters.`,
  kind: "image or video.",
  whole: (min: number, max: number) =>
    `A whole number, ${min.toLocaleString("en")} to ${max.toLocaleString("en")}.`,
  one: "This model makes 1 at a time.",
  oneOf: (values: readonly string[]) => `One of ${values.join(", ")}.`,
  model: (values: readonly string[]) => `There is no such model. One of ${values.join(", ")}.`,
  modelNotHere: (title: string) => `${title} is not available here.`,
  modelNotInTier: (title: string, tier: string) => `${title} is not part of ${tier}.`,
  style: "There is no such style.",
  notOfKind: (kind: string) => `${kind === "video" ? "Videos" : "Images"} have none.`,
  variableMissing: (name: string) => `Fill in ${name}.`,
} as const;

export const editorWords = {
  title: "New batch",
  name: "Name",
  namePlaceholder: "Autumn posters",
  nameMissing: "Give it a name.",
  paste: "Paste",
  pasteTitle: "Paste rows",
  pasteHint: "From a spreadsheet, or one prompt a line. A first row of names is recognised.",
  pasteDo: "Put them in",
  csv: "CSV",
  csvFailed: (name: string) => `${name} could not be read as a table.`,
  template: "Template",
  noTemplate: "No template",
  noTemplates: "You have no templates yet.",
  kept: (time: string) => `kept ${time}`,
  notKept: "Not kept: this browser has no room.",
  grid: "Rows of the batch",
  row: (n: number) => `Row ${n}`,
  cell: (column: string, n: number) => `${column}, row ${n}`,
  credits: "credits",
  noPrice: "–",
  defaults: "For all rows",
  kind: "Kind",
  kinds: { image: "Image", video: "Video" },
  model: "Model",
  ratio: "Ratio",
  count: "Count",
  countOf: (n: string) => `×${n}`,
  style: "Style",
  pack: "Pack",
  seconds: "Length",
  secondsOf: (n: string) => `${n} s`,
  resolution: "Resolution",
  none: "None",
  usual: (value: string) => `${value} (usual)`,
  pays: "Pays",
  personal: "Personal",
  priority: "Priority",
  priorities: { low: "Low", normal: "Normal", high: "High" } as Readonly<Record<string, string>>,
  notInTier: (tier: string) => `Not part of ${tier}`,
  insert: "Insert row",
  remove: (n: number) => (n > 1 ? `Delete ${n} rows` : "Delete row"),
  columns: "Columns",
  columnIsUsed: "Has texts: clear them first",
  undo: "Undo",
  redo: "Redo",
  moved: (n: number) => `Row moved to place ${n}.`,
  attention: (n: number) => `${plural(n, "cell")} ${n === 1 ? "needs" : "need"} attention`,
  next: "Next",
  offline: (time: string) => `Estimate as of ${time}`,
  estimating: "Estimating",
  cap: "Cap",
  capHint: "credits",
  capWrong: "A whole number of credits.",
  capTooLow: (required: number, cap: number) => `${required} credits are needed; the cap is ${cap}.`,
  start: "Start",
  startAt: "Start at",
  startWrong: (days: number) => `At most ${days} days ahead, and not in the past.`,
  startRows: (rows: number) => `Start ${plural(rows, "row")}`,
  startName: (rows: number, price: number | undefined) =>
    price === undefined ? `Start ${plural(rows, "row")}` : `Start ${plural(rows, "row")}, ${credits(price)}`,
  price: (n: number) => `${n.toLocaleString("en")} cr`,
  nothingToStart: "There are no rows yet.",
  sending: "Sending",
  keptHere: "Kept here. Sent when you are online.",
  overTier: (tier: string, limit: number, rest: number) =>
    `${tier} takes ${plural(limit, "row")} a batch. ${
      rest === 1 ? "The last row stays" : `The last ${rest} rows stay`
    } here for the next one.`,
  overHundred: (n: number) => `A batch has 100 rows at most; ${plural(n, "row")} were left out.`,
  cellsLeft: (n: number) => `${plural(n, "cell")} had no column, and were left out.`,
  viewer: "Viewers look on; an owner can change that. Pay personally to start a batch.",
  mapTitle: "What are these columns?",
  mapLead: "These names are not known. The rest was recognised.",
  mapTo: (header: string) => `“${header}” is`,
  leaveOut: "Left out",
  variable: (name: string) => `{{${name}}}`,
  mapDo: "Take them",
  replaced: "Batch replaced.",
  copied: (name: string) => `Copy of ${name}`,
  addRow: "Row",
  editRow: (n: number) => `Row ${n}`,
  done: "Done",
  up: "Move up",
  down: "Move down",
  blank: "Empty",
  empty: "Paste rows from a spreadsheet, or write the first one.",
  apply: "Apply",
} as const;

export const statusWords: Readonly<Record<BatchStatus, string>> = {
  queued: "Waiting",
  running: "Running",
  paused: "Paused",
  completed: "Completed",
  cancelled: "Cancelled",
};

export const newsWords = {
  percent: (percent: number) => `${percent} % done`,
  ended: (name: string, how: string) => `${name}: ${how}`,
};

export const barWords = {
  says: (status: string, { total, completed, processing, failed, cancelled, queued }: Counts) =>
    [
      `${status}: ${completed} of ${total} done`,
      processing && `${processing} processing`,
      failed && `${failed} failed`,
      cancelled && `${cancelled} cancelled`,
      queued && `${queued} waiting`,
    ]
      .filter(Boolean)
      .join(", "),
} as const;

export const listWords = {
  title: "Batches",
  whose: "Whose",
  mine: "Mine",
  team: "Team",
  shared: "Shared with me",
  fresh: "New batch",
  templates: "Templates",
  empty: "Many prompts, one start. Paste rows from a spreadsheet.",
  emptyTeam: "Nobody in this team has started a batch yet.",
  emptyShared: "Nobody has shared a batch with you yet.",
  example: [
    { prompt: "Lighthouse at dusk", ratio: "1:1" },
    { prompt: "Harbour in fog", ratio: "3:2" },
    { prompt: "Gulls over the pier", ratio: "16:9" },
  ],
  counts: ({ completed, failed, total }: Counts) =>
    failed ? `${completed} of ${total} done, ${failed} failed` : `${completed} of ${total} done`,
  charged: (n: number) => `${n.toLocaleString("en")} cr`,
  by: (name: string) => `by ${name}`,
  mayComment: "You may comment",
  mayLook: "You may look",
  unnamed: "A batch",
  more: "More batches",
  moreFailed: "Could not load more.",
  scheduled: (when: string) => `Starts ${when}`,
} as const;

const statusNouns: Readonly<Record<Segment, string>> = {
  completed: "Done",
  processing: "Processing",
  failed: "Failed",
  cancelled: "Cancelled",
  queued: "Waiting",
};

export const runWords = {
  title: "Batch",
  pause: "Pause",
  resume: "Resume",
  cancel: "Cancel",
  retry: (n: number) => `Retry ${n} failed`,
  copy: "Use as a new batch",
  export: "Export",
  share: "Share",
  filter: "Rows shown",
  all: "All",
  statuses: statusNouns,
  asGrid: "As tiles",
  asList: "As a list",
  rows: "Rows",
  none: "No rows are like that.",
  cancelTitle: (name: string) => `Cancel the batch ${name}?`,
  cancelBody: (waiting: number, freed: number, running: number) =>
    [
      waiting > 0 &&
        `${plural(waiting, "waiting row")} ${waiting === 1 ? "ends" : "end"} now and ${credits(freed)} ${
          freed === 1 ? "comes" : "come"
        } back.`,
      running > 0 &&
        `${plural(running, "running row")} ${
          running === 1 ? "is" : "are"
        } stopped where the model allows it; what is made stays.`,
    ]
      .filter(Boolean)
      .join(" "),
  keep: "Keep running",
  cancelDo: (n: number) => `Cancel ${plural(n, "row")}`,
  pausedRunning: (n: number) =>
    n ? `Paused. ${plural(n, "running row")} ${n === 1 ? "finishes" : "finish"}.` : "Paused.",
  scheduled: (when: string) => `Starts ${when}.`,
  completed: (made: number, failed: number, charged: number, back: number) =>
    `${made} made${failed ? `, ${failed} failed` : ""}. ${charged} charged${back > 0 ? `, ${back} came back` : ""}.`,
  cancelled: (made: number, charged: number) => `Cancelled. ${made} made; ${charged} charged.`,
  cancelling: (n: number) =>
    `Cancelled. ${plural(n, "running row")} ${n === 1 ? "ends" : "end"} within seconds.`,
  queued: "Waits for its turn.",
  guest: (owner: string, mayComment: boolean) =>
    `${owner} shared this with you. You may ${mayComment ? "comment" : "look"}.`,
  someone: "Somebody",
  asOf: (time: string) => `Shown as of ${time}.`,
  offline: "You are offline.",
  row: (n: number) => `Row ${n}`,
  tile: (n: number, status: string, prompt: string) => `Row ${n}, ${status}: ${prompt}`,
  attempt: (n: number) => `${n === 1 ? "First run" : `Run ${n}`}`,
  price: (n: number) => `${n.toLocaleString("en")} cr`,
  useAgain: "Use again",
  open: "Open",
  edit: "Edit",
  editAgain: "Edit and run again",
  editTitle: (n: number) => `Edit row ${n}`,
  saveRun: (n: number | undefined) => (n === undefined ? "Run again" : `Run again, ${credits(n)}`),
  saveWaiting: (n: number | undefined) => (n === undefined ? "Save" : `Save, ${credits(n)}`),
  unchanged: "Nothing is changed yet.",
  previous: "Previous row",
  next: "Next row",
  comments: "Comments",
  noComments: "No comments yet.",
  comment: "Write a comment",
  commentRow: (n: number) => `Write about row ${n}`,
  send: "Comment",
  about: (n: number) => `row ${n}`,
  you: "You",
  remove: "Delete",
  exports: "Exports",
  formats: { csv: "CSV, for a spreadsheet", json: "JSON", zip: "ZIP, with all files" },
  exportMaking: (format: string, percent: number) =>
    percent > 0 ? `${format} is being made: ${percent} %` : `${format} is being made`,
  exportReady: (format: string, size: string, days: number) =>
    `${format} · ${size} · ${days < 1 ? "less than a day left" : `${plural(days, "day")} left`}`,
  exportDone: (format: string, name: string) => `${format} of ${name} is ready.`,
  exportFailed: (format: string, why: string) => `${format}: ${why}`,
  download: "Download",
  shareTitle: "Share this batch",
  shareLead:
    "A link lets one person in, once, within a week. What was seen before an end may stay in a browser.",
  shareAs: "They may",
  viewer: "look",
  commenter: "look and comment",
  people: "Shared with",
  nobody: "Nobody yet.",
  openLinks: "Open links",
  openLink: (role: string, until: string) => `May ${role}, until ${until}`,
  end: "End",
  revoke: "Revoke",
  locked: "This does not exist, or is not shared with you.",
  toBatches: "Batches",
  of: (n: number, total: number) => `${n} of ${total}`,
  notMade: "Nothing was made here.",
} as const;
