/** An answer of the HTTPS API. `status` is 0 where none came. `words` say what is wrong, for a person. */
interface Answer {
  status: number;
  body: Fields;
  reason: string;
  words: string;
  /** How long to wait before the same is asked again, where the API says so. */
  waitMs: number;
}

function ask(
  settings: Settings,
  method: "get" | "post",
  path: string,
  body?: object,
  idempotencyKey?: string,
): Answer {
  const headers: Record<string, string> = { Authorization: `Bearer ${settings.key}` };
  if (idempotencyKey !== undefined) headers["Idempotency-Key"] = idempotencyKey;
  const options: GoogleAppsScript.URL_Fetch.URLFetchRequestOptions = {
    method,
    headers,
    muteHttpExceptions: true,
    followRedirects: false, // or the key would go along
  };
  if (body !== undefined) {
    options.contentType = "application/json";
    options.payload = JSON.stringify(body);
  }
  try {
    return answerOf(UrlFetchApp.fetch(settings.address + path, options));
  } catch {
    // What the service says may quote the request.
    return { status: 0, body: {}, reason: "", words: `${settings.address} does not answer.`, waitMs: 0 };
  }
}

function answerOf(response: GoogleAppsScript.URL_Fetch.HTTPResponse): Answer {
  const status = response.getResponseCode();
  let body: Fields = {};
  try {
    body = fieldsIn(JSON.parse(response.getContentText()));
  } catch {
    // as an empty one
  }
  const reason = textIn(body.reason);
  const isOurs = status >= 200 && status < 300 ? Object.keys(body).length > 0 : reason !== "";
  const words = isOurs
    ? textIn(body.detail)
    : `The address does not answer as MediaForge does (HTTP ${status}).`;
  // Google's front end may answer in MediaForge's stead, while it is busy or gone.
  return { status: isOurs ? status : 0, body, reason, words, waitMs: waitIn(response, body) };
}

function waitIn(response: GoogleAppsScript.URL_Fetch.HTTPResponse, body: Fields): number {
  const headers = Object.entries(response.getHeaders() as Fields);
  const [, sent] = headers.find(([name]) => name.toLowerCase() === "retry-after") ?? [];
  const seconds = Number(body.retryAfterSeconds ?? sent ?? 0);
  return Number.isFinite(seconds) ? 1000 * Math.max(0, Math.min(seconds, 86_400)) : 0;
}

/** What becomes of a request for a batch that was not accepted. */
type Fate = "refused" | "later" | "stop";

/**
 * `refused`: it was looked up under its key, is not there, and was refused for what it is. `later`: it may
 * be there, and the same is sent again. `stop`: the same, once the user has done something about it.
 */
function fateOf(answer: Answer): Fate {
  switch (answer.status) {
    case 402:
    case 404:
    case 409:
    case 413:
    case 422:
      return "refused";
    case 401:
      return "stop";
    case 403:
      if (answer.reason === "scope-missing" || answer.reason === "account-blocked") return "stop";
      // As many batches are open as may be: one will end.
      return answer.reason === "batch-too-large" && answer.body.of === "batches" ? "later" : "refused";
    case 429:
      return answer.reason === "rate-limited" ? "later" : "refused";
    default:
      return "later";
  }
}
