/** The address and the key of one user. No other user of the spreadsheet reads them. */
interface Settings {
  /** Of the HTTPS API, without a slash at its end. */
  address: string;
  key: string;
  /** The account that pays: `user_…` or `team_…`. */
  account: string;
}

const SETTINGS = "settings";

/** By the _ at its end no cell may call it: to a cell the properties of the spreadsheet's owner are open. */
function readSettings_(): Settings | undefined {
  const text = PropertiesService.getUserProperties().getProperty(SETTINGS);
  return text === null ? undefined : (JSON.parse(text) as Settings);
}

/**
 * Asks the API who the key is, and keeps both if it answers. A key that is left out stays, as long as the
 * address does: what was entered for one server is not sent to another. Returns a sentence for the user.
 */
function saveSettings(address: string, key: string): string {
  const known = readSettings_();
  const entered = address.trim().replace(/\/+$/, "");
  if (!/^(https:\/\/[^\s/?#@\\]+|http:\/\/(127\.0\.0\.1|localhost)(:\d+)?)(\/[^\s?#]*)?$/.test(entered)) {
    return "The address has to begin with https://, for example https://example.web.app/v1.";
  }
  const given = key.trim() || (known?.address === entered ? known.key : "");
  if (given === "") return "Enter a key.";
  const tried: Settings = { address: entered, key: given, account: "" };
  const answer = ask(tried, "get", "/account");
  const account = textIn(answer.body.accountId);
  if (answer.status !== 200 || account === "") return `Not saved. ${answer.words}`;
  const saved: Settings = { ...tried, account };
  PropertiesService.getUserProperties().setProperty(SETTINGS, JSON.stringify(saved));
  ensureTrigger(); // what waited for a key goes on
  return `Saved. ${String(answer.body.available)} credits are available.`;
}

function forgetSettings(): string {
  removeTriggers();
  PropertiesService.getUserProperties().deleteProperty(SETTINGS);
  return "The address and the key are forgotten.";
}

/**
 * Under whose name a batch is found again. A batch is one user's, and all keys of one user pay from one
 * account; of a team's keys it is not known whose they are, so there it is the key, by its id, which is no
 * secret.
 */
function senderOf(settings: Settings): string {
  const id = settings.key.split("_")[2] ?? "";
  return settings.account.startsWith("team_") ? `${settings.account}:${id}` : settings.account;
}

/** Whether this key may see what that sender has sent. */
function maySee(settings: Settings, by: string | undefined): boolean {
  return by !== undefined && by.split(":")[0] === settings.account;
}
