// What users read. Each feature's own words are in a file beside this one; what all of them say is here.
import { credits, plural } from "./counts";
import { NOT_SHARED } from "./refusals";

export { credits, plural } from "./counts";
export * from "./failures";
export * from "./keys";
export * from "./refusals";

export const app = {
  name: "MediaForge",
  description: "Images and videos from a prompt.",
  skip: "Skip to the content",
  offline: "You are offline. What you send is kept here.",
  unreachable: "The service does not answer. It is tried again by itself.",
  online: "You are online again.",
  asOf: (time: string) => `Shown as of ${time}.`,
  tryAgain: "Try again",
  undo: "Undo",
  cancel: "Cancel",
  close: "Close",
  back: "Back",
  more: "More",
  copied: "Copied",
  copy: "Copy",
  notFound: "There is nothing at this address.",
  notShared: NOT_SHARED,
  failed: "This could not be loaded.",
};

export const places = {
  create: "Create",
  library: "Library",
  batches: "Batches",
  packs: "Packs",
  templates: "Templates",
  brands: "Brands",
  team: "Team",
  account: "Account",
  jobs: "Jobs",
  operate: "Operations",
  more: "More",
  generation: "Generation",
};

export const shell = {
  navigation: "Main",
  pays: "Who pays",
  personal: "Personal",
  newTeam: "Teams",
  jobs: (n: number) => (n === 0 ? "No open jobs" : plural(n, "open job")),
  jobsShort: (n: number) => (n === 0 ? "Jobs" : plural(n, "job")),
  balance: (n: number) => `${credits(n)} available`,
  held: (n: number) => `${credits(n)} held for open jobs`,
  tier: (title: string) => `Tier: ${title}`,
  usage: (used: number, of: number | null, what: string) =>
    of === null ? `${used} ${what} today` : `${used} of ${of} ${what} today`,
  seeAccount: "Open account",
  buy: "Buy credits",
  theme: "Theme",
  themes: { system: "As the system", light: "Light", dark: "Dark" },
  shortcuts: "Keyboard shortcuts",
  signIn: "Sign in",
  signOut: "Sign out",
  account: (name: string) => `Account of ${name}`,
  unsent: (n: number) => `Sign out with ${plural(n, "unsent request")}?`,
  unsentBody: "They are kept in this browser and sent when you sign in again.",
  commands: "Commands",
  commandsHint: "Go somewhere, do something, or search prompts",
  searchFor: (text: string) => `Search the Library for “${text}”`,
};

export const session = {
  guest: "Guest",
  title: "Sign in to MediaForge",
  demo: "Continue as demo user",
  admin: "Administrator",
  another: "Another user",
  google: "Continue with Google",
  or: "or",
  email: "E-mail",
  sendLink: "Send me a link",
  sent: (email: string) => `Look in your mail at ${email}. The link works once.`,
  otherAddress: "Other address",
  whichAddress: "Which address was the link sent to?",
  finish: "Sign in",
  finishing: "Signing in",
  notALink: "This link does not sign anybody in.",
  needed: "Sign in to see this.",
  errors: {
    "auth/invalid-action-code": "This link was used before, or is too old. Ask for a new one.",
    "auth/expired-action-code": "This link is too old. Ask for a new one.",
    "auth/invalid-email": "This is not an e-mail address, or not the one that the link was sent to.",
    "auth/network-request-failed": "There is no connection. Try again when you are online.",
    "auth/popup-closed-by-user": "The window was closed before you were signed in.",
    "auth/user-disabled": "This account is blocked. Your work is kept.",
    "auth/user-not-found": "This demo user is not there yet: the suite is still starting.",
  } as Record<string, string>,
  failed: "Signing in did not work. Try again.",
};

/** The job's states, as its tile, its row and its details say them. */
export const job = {
  sending: "Sending",
  keptOffline: "Kept here. Sent when you are online",
  unsafe: "Not sent. Send?",
  send: "Send",
  queued: "Queued",
  capacity: (active: number | undefined, of: number | undefined) =>
    active !== undefined && of !== undefined
      ? `Waiting for a free place (${active} of ${of} in use)`
      : "Waiting for a free place",
  schedule: (when: string) => `Starts ${when}`,
  resume: "Held by a spending limit",
  batch: "Its turn in the batch",
  provider: "The model is out of order; tried again by itself",
  processing: "Processing",
  attempt: (n: number) => `${n}${["th", "st", "nd", "rd"][n < 4 ? n : 0]} try`,
  cancelling: "Cancelling",
  cancelled: (paid: number) => `Cancelled. ${paid === 0 ? "Nothing charged" : `Charged ${paid}`}`,
  partial: (made: number, of: number, back: number) =>
    `${made} of ${of} made.${back > 0 ? ` ${credits(back)} came back` : ""}`,
  missing: "–",
  reused: "Found again, 0 credits",
  notShared: "Not shared with you any more",
  deleted: "Deleted",
  discard: "Discard",
  cancel: "Cancel",
  retry: "Try again",
  edit: "Edit prompt",
  replace: "Replace picture",
  brand: "Choose a brand",
  again: "Run again",
  rest: (n: number) => `Make the other ${n}`,
  useAgain: "Use again",
  open: (prompt: string) => `Open: ${prompt}`,
  alt: (prompt: string, n: number, of: number) => (of > 1 ? `${prompt} (${n} of ${of})` : prompt),
  cancelPaid: (n: number) => `Cancelling costs ${credits(n)}`,
  cancelPaidBody: "It is already being made. The model bills it whether you wait or not.",
  cancelAndPay: (n: number) => `Cancel and pay ${n}`,
  letFinish: "Let it finish",
};

export const announce = {
  sent: (held: number) => `Sent. ${credits(held)} held.`,
  ready: (images: number, videos: number) =>
    [images && plural(images, "image"), videos && plural(videos, "video")]
      .filter(Boolean)
      .join(", ")
      .concat(" ready"),
  failed: (n: number, why: string) => `${n} failed: ${why}`,
};
