/** What the account's screen says. */
import type { EntryType } from "@/live/ledger";
import type { WebhookEvent } from "@/live/webhooks";
import { credits, plural } from "./en";

export const accountWords = {
  title: "Account",
  tabs: {
    balance: "Balance",
    ledger: "Ledger",
    keys: "API keys",
    webhooks: "Webhooks",
    settings: "Settings",
  },
  ofTeam: (name: string) => `Of the team ${name}, which pays now.`,
} as const;

export const balanceWords = {
  available: "available",
  held: (n: number, jobs: number) =>
    `${credits(n)} held${jobs > 0 ? `, ${plural(jobs, "job")} running` : " for open jobs"}`,
  owed: (n: number) => `${credits(n)} owed: incoming credits pay them first.`,
  tier: (title: string) => `Tier: ${title}`,
  welcome: (n: number) => `${credits(n)} come with your first request.`,
  blocked: (reason: string) =>
    `This account is blocked${reason ? `: ${reason}` : ""}. Your work is kept; nothing new begins.`,
  monthly: (n: number) => `${credits(n)} come each month.`,
  today: "Used today",
  resets: "Counts begin anew at 00:00 UTC.",
  kinds: {
    images: "Images",
    videos: "Videos",
    trainings: "Brand trainings",
    directions: "Briefs to the director",
  },
  of: (used: number, limit: number) => `${used.toLocaleString("en")} of ${limit.toLocaleString("en")}`,
  noLimit: (used: number) => used.toLocaleString("en"),
  notIn: (title: string) => `not in ${title}`,
  asked: "Credits asked for",
} as const;

const entryNames: Readonly<Record<EntryType, string>> = {
  grant: "Credits given",
  hold: "Held",
  capture: "Charged",
  release: "Came back",
  adjust: "Correction",
};

const REASONS: Readonly<Record<string, string>> = {
  welcome: "Welcome",
  owed: "Paid what was owed",
  purchase: "Bought",
  "taken back": "Taken back with the money",
  returned: "Given back: the money did not go back",
};

const MADE: Readonly<Record<string, string>> = {
  image: "Image",
  video: "Video",
  training: "Brand training",
};

export const ledgerWords = {
  entry: (type: EntryType) => entryNames[type],
  reason: (text: string) => REASONS[text] ?? text,
  made: (kind: string | undefined) => (kind && MADE[kind]) || "Job",
  batch: "Batch",
  brief: "Brief to the director",
  charged: (charged: number, held: number) =>
    charged === held ? `${credits(charged)} charged` : `${charged} of ${credits(held)} charged`,
  came: (n: number) => `nothing charged, ${credits(n)} came back`,
  stillHeld: (n: number) => `${credits(n)} held`,
  part: "its older entries are further down",
  after: (n: number) => `${credits(n)} available then`,
  change: (n: number) => `${n > 0 ? "+" : n < 0 ? "–" : ""}${Math.abs(n).toLocaleString("en")}`,
  entries: "Entries",
  when: "When",
  what: "What",
  amount: "Credits",
  availableAfter: "Available then",
  openBatch: "Open the batch",
  openJob: "Open what it made",
  empty: "Nothing was given or spent yet.",
  toCreate: "Make something",
  more: "Older entries",
  moreFailed: "Older entries could not be loaded.",
} as const;

export const secretWords = {
  kept: "I have kept it",
  once: "It is shown this once. Keep it where no browser sees it.",
  askAgain: "It is gone once this is closed. Close again if you have kept it.",
} as const;

export const keyWords = {
  lead: "With a key a server or a spreadsheet asks as you.",
  fresh: "New key",
  list: "API keys",
  empty: "No keys yet. With one, a server or a spreadsheet asks as you.",
  name: "Name",
  nameHint: "What you will know it by.",
  needsName: "A name is missing.",
  scopes: "May be used to",
  scope: {
    read: "read: look at jobs, batches, prices and the balance",
    generate: "generate: ask for what costs credits, and control it",
    manage: "manage: webhooks, marks and deletions",
  },
  needsScope: "Choose at least one.",
  forTeam: (name: string) => `Only for the team ${name}, which pays`,
  create: "Make the key",
  secretTitle: "Your new key",
  secret: "The key",
  begins: (prefix: string) => `${prefix}…`,
  used: (when: string) => `last used ${when}`,
  unused: "never used",
  ofTeam: "for a team",
  until: (when: string) => `until ${when}`,
  revoked: (when: string) => `revoked ${when}`,
  expired: (when: string) => `ended ${when}`,
  revoke: "Revoke",
  revokeOf: (name: string) => `Revoke ${name}`,
  revokeTitle: (name: string) => `Revoke the key ${name}?`,
  revokeBody: "Its next request is refused. This cannot be undone.",
  keep: "Keep it",
  confirm: "Revoke 1 key",
} as const;

const EVENTS: Readonly<Record<WebhookEvent, string>> = {
  "job.completed": "a job is made",
  "job.failed": "a job failed",
  "job.cancelled": "a job was cancelled",
  "batch.completed": "a batch has ended",
  "batch.cancelled": "a batch was cancelled",
};

export const webhookWords = {
  lead: "An address of yours is told when jobs and batches end.",
  fresh: "New webhook",
  list: "Webhooks",
  empty: "No webhooks yet. One tells an address of yours when jobs and batches end.",
  viewer: "A team’s webhooks are for its editors and owners.",
  url: "Address",
  urlHint: "https, open to everybody, on port 443 or 8443.",
  needsUrl: "An address that begins with https:// is needed.",
  events: "Told when",
  event: EVENTS,
  needsEvent: "Choose at least one.",
  create: "Make the webhook",
  secretTitle: "The webhook’s secret",
  secret: "The secret",
  oldUntil: (when: string) => `Until ${when} messages are signed with the secret before, too.`,
  isWell: "on",
  failing: (since: string) => `nothing accepted since ${since}`,
  disabled: (when: string) => `off since ${when}; make it again to go on`,
  told: (all: boolean, events: readonly WebhookEvent[]) =>
    all ? "told of everything" : `told when ${events.map((event) => EVENTS[event]).join(", ")}`,
  deliveries: "Deliveries",
  deliveriesOf: (url: string) => `Deliveries to ${url}`,
  rotate: "Rotate",
  rotateOf: (url: string) => `Rotate the secret of ${url}`,
  rotateTitle: "Give it a new secret?",
  rotateBody: "For 24 hours messages are signed with both, then with the new one only.",
  rotateConfirm: "Rotate 1 secret",
  remove: "Delete",
  removeOf: (url: string) => `Delete ${url}`,
  removeTitle: (url: string) => `Delete the webhook to ${url}?`,
  removeBody: "Nothing is sent to it any more, nor what waits to be sent.",
  removeConfirm: "Delete 1 webhook",
  keep: "Keep it",
  noDeliveries: "It was told nothing yet. What it was told is kept for 30 days.",
  older: "Older deliveries",
  status: {
    pending: "waits to be sent",
    delivered: "delivered",
    failed: "given up",
    dropped: "not sent any more",
  },
  attempts: (n: number) => plural(n, "attempt"),
  answered: (status: number) => `answered ${status}`,
} as const;

export const settingWords = {
  lead: "Of this browser.",
  theme: "Theme",
  themes: { system: "As the system", light: "Light", dark: "Dark" },
  keys: "Prompt and keys",
  enterSends: "Enter in the prompt generates; Shift and Enter break the line",
  selectAfterSend: "Select the prompt after Generate, so that typing replaces it",
  singleKeys: "Shortcuts of one letter",
} as const;

export const leaveWords = {
  title: "Your account",
  export: "All that is yours, pictures and documents, as one ZIP. It is kept for seven days.",
  exportAll: "Export everything",
  exportBusy: "Exporting",
  exportReady: "Download the ZIP",
  open: "Delete my account",
  body:
    "Everything you made is deleted for good, also what you made for teams: pictures, videos, brands, uploads, " +
    "packs, templates and batches. Work in progress is cancelled; what is billed anyway is paid for. Credits are lost. " +
    "This cannot be undone.",
  type: "Type “delete” to go on",
  word: "delete",
  confirm: "Delete everything",
} as const;
