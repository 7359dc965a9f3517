/**
 * What is known of a row. It lies as JSON in the row's cell of the hidden column, so it moves, is copied
 * and is deleted with the row. Its fields are filled in from top to bottom, and each is written before the
 * step that it belongs to: whoever finds the row later knows how far it may have come.
 */
interface RowState {
  /** Goes with the row's request as its `title`: by it the row is found in its batch. */
  id: string;
  /**
   * Who asked for it: only they send it, since the same key of idempotency means another batch to others.
   */
  by?: string;
  /** What was asked for. It is sent like this, whatever becomes of the row's cells. */
  request?: RowRequest;
  /** The `Idempotency-Key` under which it is sent, or may have been. */
  send?: string;
  /** Not to be sent before, in milliseconds since 1970. */
  notBefore?: number;
  /** The batch that it is a row of. */
  batch?: string;
  /** Its status is final, and shown. */
  ended?: true;
}

/** Of a cell that somebody has changed: nobody knows what was sent, so nothing is. */
type Unreadable = "unreadable";

function readState(text: string): RowState | Unreadable | undefined {
  if (text === "") return undefined;
  try {
    const state: unknown = JSON.parse(text);
    if (isFields(state) && typeof state.id === "string") return state as unknown as RowState;
  } catch {
    // as below
  }
  return "unreadable";
}

/** Asked for, and never sent. */
function isAsked(state: RowState): boolean {
  return state.request !== undefined && state.send === undefined;
}

/** On its way: it may have become a row of a batch, or not. */
function isSending(state: RowState): boolean {
  return state.send !== undefined && state.batch === undefined;
}

function isRunning(state: RowState): boolean {
  return state.batch !== undefined && !state.ended;
}

function isOpen(state: RowState): boolean {
  return isAsked(state) || isSending(state) || isRunning(state);
}
