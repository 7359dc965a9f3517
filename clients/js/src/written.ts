import { type Connection, idOf } from "./connection.js";
import type { Listed } from "./reading.js";
import type {
  BatchComment,
  BatchShare,
  Comparison,
  PackReference,
  ReferencePack,
  ShareInvite,
  ShareRole,
  Template,
  Vote,
} from "./types.js";

/** The fields of a document that are the client's to set. */
type Own<T> = Omit<T, "user_id" | "created_at" | "modified" | "version">;

export type PackFields = Omit<Own<ReferencePack>, "visibility" | "is_template" | "references"> &
  Partial<Pick<ReferencePack, "visibility" | "is_template">> & {
    readonly references: readonly PackReference[];
  };
export type TemplateFields = Omit<Own<Template>, "visibility" | "kind"> &
  Partial<Pick<Template, "visibility" | "kind">>;

export interface Saved {
  readonly id: string;
  readonly version: number;
}

/** Which of them: the user's own if nothing is said, a team's, or everybody's. */
export interface Shown {
  readonly teamId?: string;
  readonly isPublic?: boolean;
  readonly pageSize?: number;
}

const PAGE_SIZE = 20;

/** Documents with versions: a change writes the whole document anew. */
class Versioned<T extends object, Fields extends object> {
  readonly #connection: Connection;
  readonly #of: string;
  readonly #defaults: Partial<T>;

  constructor(connection: Connection, of: string, defaults: Partial<T>) {
    this.#connection = connection;
    this.#of = of;
    this.#defaults = defaults;
  }

  /**
   * Creates it; or with the `id` of one that is there, writes its next version. With `from`, the version that
   * was changed, it is refused with `version-changed` where somebody has written another one by now.
   */
  async save({
    id,
    from,
    ...fields
  }: Fields & { readonly id?: string | undefined; readonly from?: number | undefined }): Promise<Saved> {
    const [{ db, saveVersion }, uid] = await Promise.all([
      this.#connection.writing(),
      this.#connection.uid(),
    ]);
    return saveVersion(db, this.#of, { ...this.#defaults, ...fields, user_id: uid }, id, from);
  }

  async remove(id: string): Promise<void> {
    const { db, remove } = await this.#connection.writing();
    await remove(db, `${this.#of}/${id}`);
  }

  /** The one with this id; `undefined`: there is none, or it is not the user's to read. */
  async get(id: string): Promise<Listed<T> | undefined> {
    const { db, readDocument } = await this.#connection.reading();
    return readDocument<T>(db, `${this.#of}/${id}`);
  }

  /** Page after page, newest first. */
  async *list({ teamId, isPublic, pageSize = PAGE_SIZE }: Shown = {}): AsyncGenerator<Listed<T>[], void> {
    const { db, pages } = await this.#connection.reading();
    const asked = isPublic
      ? { visibility: "public" }
      : teamId
        ? { team_id: teamId }
        : { user_id: await this.#connection.uid() };
    yield* pages<T>(db, { of: this.#of, asked, orderBy: "-created_at" }, pageSize);
  }
}

/** Named sets of uploads. */
export class Packs extends Versioned<ReferencePack, PackFields> {
  constructor(connection: Connection) {
    super(connection, "reference_packs", { visibility: "private", is_template: false });
  }
}

/** Prompts with placeholders, and what requests leave out. */
export class Templates extends Versioned<Template, TemplateFields> {
  constructor(connection: Connection) {
    super(connection, "templates", { visibility: "private", kind: "prompt" });
  }
}

/** What people say of a batch; see `watchComments`. */
export class Comments {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Answers the comment's id. It carries the writer's name, where they are signed in with one. */
  async add(batch: string, comment: Pick<BatchComment, "text" | "row">): Promise<string> {
    const [{ db, create }, user] = await Promise.all([this.#connection.writing(), this.#connection.user()]);
    const name = (await user.getIdTokenResult()).claims.name; // by rule it is the token's, and no other
    return create(db, `batches/${idOf(batch)}/comments`, {
      ...comment,
      user_id: user.uid,
      author_name: name,
    });
  }

  async edit(batch: string, commentId: string, text: string): Promise<void> {
    const { db, change } = await this.#connection.writing();
    await change(db, `batches/${idOf(batch)}/comments/${commentId}`, { text });
  }

  async remove(batch: string, commentId: string): Promise<void> {
    const { db, remove } = await this.#connection.writing();
    await remove(db, `batches/${idOf(batch)}/comments/${commentId}`);
  }
}

/** Two results beside each other, and what readers find better. */
export class Comparisons {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Answers the comparison's id. */
  async add(comparison: Own<Comparison>): Promise<string> {
    const [{ db, create }, uid] = await Promise.all([this.#connection.writing(), this.#connection.uid()]);
    return create(db, "comparisons", { ...comparison, user_id: uid });
  }

  /** The one field that changes. */
  async note(comparisonId: string, note: string): Promise<void> {
    const { db, change } = await this.#connection.writing();
    await change(db, `comparisons/${comparisonId}`, { note });
  }

  /** One vote a reader: another one takes its place. */
  async vote(comparisonId: string, choice: Vote["choice"]): Promise<void> {
    const [{ db, put }, uid] = await Promise.all([this.#connection.writing(), this.#connection.uid()]);
    await put(db, `comparisons/${comparisonId}/votes/${uid}`, { choice, user_id: uid });
  }

  async remove(comparisonId: string): Promise<void> {
    const { db, remove } = await this.#connection.writing();
    await remove(db, `comparisons/${comparisonId}`);
  }

  /** Page after page, newest first: the user's own, a team's, or a batch's. */
  async *list({
    teamId,
    batchId,
    pageSize = PAGE_SIZE,
  }: {
    readonly teamId?: string;
    readonly batchId?: string;
    readonly pageSize?: number;
  } = {}): AsyncGenerator<Listed<Comparison>[], void> {
    const { db, pages } = await this.#connection.reading();
    const asked = batchId
      ? { batch_id: batchId }
      : teamId
        ? { team_id: teamId }
        : { user_id: await this.#connection.uid() };
    yield* pages<Comparison>(db, { of: "comparisons", asked, orderBy: "-created_at" }, pageSize);
  }

  async *votes(comparisonId: string): AsyncGenerator<Listed<Vote>[], void> {
    const { db, pages } = await this.#connection.reading();
    yield* pages<Vote>(db, { of: `comparisons/${comparisonId}/votes` }, PAGE_SIZE);
  }
}

/** With whom a batch is shared; for people who are not known, `controlBatch` makes codes. */
export class Shares {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Shares the batch with this user, or changes their role. */
  async put(batch: string, uid: string, role: ShareRole, batchName?: string): Promise<void> {
    const [{ db, put }, own] = await Promise.all([this.#connection.writing(), this.#connection.uid()]);
    const batchId = idOf(batch);
    const fields = { uid, batch_id: batchId, batch_name: batchName, role, user_id: own };
    await put(db, `batches/${batchId}/shared_with/${uid}`, fields);
  }

  /** Ends it: reading at once, the addresses that were seen within minutes. */
  async end(batch: string, uid: string): Promise<void> {
    const { db, end } = await this.#connection.writing();
    await end(db, `batches/${idOf(batch)}/shared_with/${uid}`);
  }

  /** With whom the batch is shared, page after page; for whoever controls it. */
  async *of(batch: string): AsyncGenerator<Listed<BatchShare>[], void> {
    const { db, pages } = await this.#connection.reading();
    yield* pages<BatchShare>(db, { of: `batches/${idOf(batch)}/shared_with` }, PAGE_SIZE);
  }

  /** The codes of the batch that are still open, page after page; for whoever controls it. */
  async *invites(batch: string): AsyncGenerator<ShareInvite[], void> {
    const { db, pages } = await this.#connection.reading();
    yield* pages<ShareInvite>(db, { of: `batches/${idOf(batch)}/invites` }, PAGE_SIZE);
  }

  /** The code of this invitation lets nobody in any more. */
  async revokeInvite(batch: string, inviteId: string): Promise<void> {
    const { db, remove } = await this.#connection.writing();
    await remove(db, `batches/${idOf(batch)}/invites/${inviteId}`);
  }

  /** What is shared with the user. */
  async *withMe(): AsyncGenerator<Listed<BatchShare>[], void> {
    const [{ db, pages }, uid] = await Promise.all([this.#connection.reading(), this.#connection.uid()]);
    yield* pages<BatchShare>(db, { of: "shared_with", isGroup: true, asked: { uid } }, PAGE_SIZE);
  }
}
