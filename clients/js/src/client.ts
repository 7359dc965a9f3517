import type { FirebaseApp } from "firebase/app";
import { CALLABLES, FOLDERS } from "./callables.js";
import { type CallOptions, call } from "./calling.js";
import { Connection, idOf, type Settings } from "./connection.js";
import { GenerationFailed, loaded, MediaForgeError } from "./errors.js";
import { type CompletedJob, isCompleted, isFinal, type Job, jobAt, OPEN } from "./jobs.js";
import type { Items, Listed, Listing, Mine } from "./reading.js";
import type {
  Account,
  ApiKey,
  Batch,
  BatchComment,
  BatchRow,
  BatchShare,
  BatchStatus,
  Brand,
  Callables,
  Comparison,
  Export,
  Invite,
  JobKind,
  JobView,
  LedgerEntry,
  Member,
  Team,
  Upload,
  Vote,
} from "./types.js";
import type { UploadOptions } from "./uploading.js";
import { type Fail, iterate, type Next, subscribe, type Unsubscribe } from "./waiting.js";
import { Comments, Comparisons, Packs, Shares, Templates } from "./written.js";

type Method<Call extends { request: unknown; answer: unknown }> = string extends keyof Call["request"]
  ? (request?: Call["request"], options?: CallOptions) => Promise<Call["answer"]> // it has no fields
  : (request: Call["request"], options?: CallOptions) => Promise<Call["answer"]>;

/** A method for each callable: see the contract's page for what it does. */
export type Methods = { readonly [Name in keyof Callables]: Method<Callables[Name]> };

export interface Waiting {
  /** Ends the waiting, with the signal's own reason. The job goes on. */
  readonly signal?: AbortSignal | undefined;
}

export interface PageSize {
  /** How many items a page has; 20 if it is left out. */
  readonly pageSize?: number;
}

/** Whose: a team's, or if it is left out the user's own. */
export interface Whose {
  readonly teamId?: string | undefined;
}

const PAGE_SIZE = 20;
const OPEN_JOBS_MAX = 200;
const OPEN_BATCHES: readonly BatchStatus[] = ["queued", "running", "paused"];
const OPEN_BATCHES_MAX = 50;

export interface MediaForge extends Methods {}

/**
 * MediaForge for an app that has signed its user in with Firebase. All that is thrown is a
 * `MediaForgeError`, or the reason of a signal that was aborted.
 *
 * What listens is told the state as it is, and each change; the SDK connects again by itself. Where
 * there is an `error` callback it is called once at most, and is the end of it.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the methods of the interface are defined below
export class MediaForge {
  readonly #connection: Connection;
  readonly packs: Packs;
  readonly templates: Templates;
  readonly comments: Comments;
  readonly comparisons: Comparisons;
  readonly shares: Shares;

  constructor(app: FirebaseApp, settings: Settings = {}) {
    this.#connection = new Connection(app, settings);
    this.packs = new Packs(this.#connection);
    this.templates = new Templates(this.#connection);
    this.comments = new Comments(this.#connection);
    this.comparisons = new Comparisons(this.#connection);
    this.shares = new Shares(this.#connection);
    for (const name of Object.keys(CALLABLES) as (keyof Callables)[]) {
      const method = (request: never, options?: CallOptions) =>
        call(this.#connection, name, request, options);
      Object.defineProperty(this, name, { value: method });
    }
  }

  // ---- jobs ----

  /** Each state of a job, up to its final one. A state that the next one follows at once may be missed. */
  statuses(path: string, { signal }: Waiting = {}): AsyncGenerator<Job, void, void> {
    return iterate<Job>((next, fail) => this.watch(path, next, fail), isFinal, signal);
  }

  watch(path: string, next: Next<Job>, error?: Fail): Unsubscribe {
    return this.#document<JobView>(
      async () => path,
      (view) => next(jobAt(path, view)),
      error,
    );
  }

  /** The completed job. Throws `GenerationFailed` where it failed or was cancelled. */
  async result(path: string, { signal }: Waiting = {}): Promise<CompletedJob> {
    const job = await last(this.statuses(path, { signal }));
    if (isCompleted(job)) return job;
    throw new GenerationFailed(job);
  }

  /**
   * The jobs that have not ended, newest first: the user's own, or a team's. At most 200 of a kind.
   * `isSingle`: without those that run rows of batches.
   */
  watchOpenJobs(
    next: Next<readonly Job[]>,
    error?: Fail,
    { teamId, isSingle }: Whose & { readonly isSingle?: boolean } = {},
  ): Unsubscribe {
    const found = new Map<JobKind, readonly Job[]>();
    const kinds = Object.keys(FOLDERS) as JobKind[];
    const merged = (kind: JobKind, told: Next<readonly Job[]>) => (jobs: readonly Job[]) => {
      found.set(kind, jobs);
      if (found.size < kinds.length) return;
      const all = [...found.values()].flat();
      told(all.sort((a, b) => b.created_at.toMillis() - a.created_at.toMillis()));
    };
    return subscribe(
      async (told, fail) => {
        const [{ db, watchList }, uid] = await Promise.all([
          this.#connection.reading(),
          this.#connection.uid(),
        ]);
        const stops = kinds.map((kind) => {
          const folder = FOLDERS[kind];
          const of = teamId ? folder : `generations/${uid}/${folder}`;
          const asked = { status: OPEN, team_id: teamId, batch_id: isSingle ? null : undefined };
          const listing = {
            of,
            isGroup: Boolean(teamId),
            asked,
            orderBy: "-created_at",
            limit: OPEN_JOBS_MAX,
          };
          const tell = merged(kind, told);
          const jobOf = (view: Listed<JobView>) =>
            jobAt(`generations/${view.user_id}/${folder}/${view.id}`, view);
          return watchList<JobView>(db, listing, ({ all }) => tell(all.map(jobOf)), fail);
        });
        return () => {
          for (const stop of stops) stop();
        };
      },
      next,
      error,
    );
  }

  // ---- uploads ----

  /**
   * Uploads a picture and waits until the backend has checked it: its `path` is what a request's
   * `references` name. Throws `UploadRefused` where it is no picture, or there is no room.
   */
  async uploadReference(file: Blob | Uint8Array | ArrayBuffer, options: UploadOptions = {}): Promise<Upload> {
    const { upload } = await loaded(import("./uploading.js"));
    return upload(this.#connection, file, options);
  }

  /**
   * What is in a file of the user's: an upload, or a picture that was made, by its storage path. In a browser; a
   * bucket outside the emulators has to allow the app's address to read it (CORS).
   */
  async file(path: string): Promise<Blob> {
    const { download } = await loaded(import("./uploading.js"));
    return download(this.#connection, path);
  }

  /** One upload of the user, by its `path` in a request; `undefined`: it is not there, or not any more. */
  watchUpload(path: string, next: Next<Upload | undefined>, error?: Fail): Unsubscribe {
    const id = idOf(path).replace(/\.\w+$/, "");
    const at = async () => `references/${await this.#connection.uid()}/files/${id}`;
    return this.#maybe<Upload>(at, (found) => next(found?.path === path ? found : undefined), error);
  }

  uploads(size?: PageSize): AsyncGenerator<Listed<Upload>[], void> {
    return this.#pages(async () => ({ of: `references/${await this.#connection.uid()}/files` }), size);
  }

  // ---- batches; each is named by its path or its id ----

  watchBatch(batch: string, next: Next<Batch>, error?: Fail): Unsubscribe {
    return this.#document(async () => `batches/${idOf(batch)}`, next, error);
  }

  /** The batch once all its rows have ended, or it was cancelled and they have. */
  async batchResult(batch: string, { signal }: Waiting = {}): Promise<Batch> {
    const listen = (next: Next<Batch>, fail: Fail) => this.watchBatch(batch, next, fail);
    return last(iterate(listen, ({ counts }) => counts.queued + counts.processing === 0, signal));
  }

  /** All rows, in their order, whenever one has changed. */
  watchRows(batch: string, next: Next<readonly BatchRow[]>, error?: Fail): Unsubscribe {
    return this.#rows(batch, ({ all }) => next(all), error);
  }

  /** Each row as it is, and again whenever it changes; ends once all of them are final. */
  async *rows(batch: string, { signal }: Waiting = {}): AsyncGenerator<BatchRow, void, void> {
    const listen = (next: Next<Items<BatchRow>>, fail: Fail) => this.#rows(batch, next, fail);
    const isLast = ({ all, isWhole }: Items<BatchRow>) => isWhole && all.every(isFinal);
    for await (const { changed } of iterate(listen, isLast, signal)) yield* changed;
  }

  watchComments(batch: string, next: Next<readonly Listed<BatchComment>[]>, error?: Fail): Unsubscribe {
    const listing = { of: `batches/${idOf(batch)}/comments`, orderBy: "created_at" };
    return this.#list<BatchComment>(listing, ({ all }) => next(all), error);
  }

  /**
   * The user's own share of the batch; `undefined`: there is none. One that was ended has `revoked_at` until
   * it is gone: what listens to the batch, its rows or its comments may not be told of that.
   */
  watchShare(batch: string, next: Next<BatchShare | undefined>, error?: Fail): Unsubscribe {
    return this.#maybe(
      async () => `batches/${idOf(batch)}/shared_with/${await this.#connection.uid()}`,
      next,
      error,
    );
  }

  /** A comparison by its path or its id. */
  watchComparison(comparison: string, next: Next<Comparison>, error?: Fail): Unsubscribe {
    return this.#document(async () => `comparisons/${idOf(comparison)}`, next, error);
  }

  watchVotes(comparison: string, next: Next<readonly Listed<Vote>[]>, error?: Fail): Unsubscribe {
    const listing = { of: `comparisons/${idOf(comparison)}/votes` };
    return this.#list<Vote>(listing, ({ all }) => next(all), error);
  }

  /** The batches that have not ended, newest first: the user's own, or a team's. At most 50. */
  watchOpenBatches(next: Next<readonly Batch[]>, error?: Fail, { teamId }: Whose = {}): Unsubscribe {
    return subscribe<readonly Batch[]>(
      async (told, fail) => {
        const [{ db, watchList }, whose] = await Promise.all([
          this.#connection.reading(),
          this.#whose(teamId),
        ]);
        const asked = { ...whose, status: OPEN_BATCHES };
        const listing = { of: "batches", asked, orderBy: "-created_at", limit: OPEN_BATCHES_MAX };
        return watchList<Batch>(db, listing, ({ all }) => told(all), fail);
      },
      next,
      error,
    );
  }

  batches({ teamId, ...size }: Whose & PageSize = {}): AsyncGenerator<Batch[], void> {
    return this.#pages(async () => ({ of: "batches", asked: await this.#whose(teamId) }), size);
  }

  // ---- exports ----

  watchExport(path: string, next: Next<Export>, error?: Fail): Unsubscribe {
    return this.#document(async () => path, next, error);
  }

  /** The export with its file; throws where it failed. */
  async exportResult(path: string, { signal }: Waiting = {}): Promise<Export> {
    const listen = (next: Next<Export>, fail: Fail) => this.watchExport(path, next, fail);
    const made = await last(iterate(listen, isFinal, signal));
    if (made.status === "completed") return made;
    throw new MediaForgeError(made.error?.code ?? made.status, made.error?.message ?? "The export failed.");
  }

  exports(size?: PageSize): AsyncGenerator<Export[], void> {
    return this.#pages(async () => ({ of: `exports/${await this.#connection.uid()}/files` }), size);
  }

  // ---- accounts, brands, teams ----

  /** `undefined`: there is no account yet. A user's comes with their first accepted request. */
  watchAccount(next: Next<Account | undefined>, error?: Fail, { teamId }: Whose = {}): Unsubscribe {
    return this.#maybe(async () => `accounts/${await this.#connection.accountId(teamId)}`, next, error);
  }

  ledger({ teamId, ...size }: Whose & PageSize = {}): AsyncGenerator<Listed<LedgerEntry>[], void> {
    return this.#pages(
      async () => ({ of: `accounts/${await this.#connection.accountId(teamId)}/ledger` }),
      size,
    );
  }

  /** The user's own, newest first; also those that are revoked. */
  apiKeys(size?: PageSize): AsyncGenerator<ApiKey[], void> {
    const of = async () => ({ of: "api_keys", asked: await this.#whose(undefined) });
    return this.#pages<ApiKey>(of, size);
  }

  /** Newest first: the user's own, or a team's. */
  brands({ teamId, ...size }: Whose & PageSize = {}): AsyncGenerator<Listed<Brand>[], void> {
    return this.#pages(async () => ({ of: "brands", asked: await this.#whose(teamId) }), size);
  }

  watchBrand(brandId: string, next: Next<Brand>, error?: Fail): Unsubscribe {
    return this.#document(async () => `brands/${idOf(brandId)}`, next, error);
  }

  /** The teams that the user is in, each with their role there. */
  async teams(): Promise<Mine[]> {
    const [{ db, teamsOf }, uid] = await Promise.all([this.#connection.reading(), this.#connection.uid()]);
    return teamsOf(db, uid);
  }

  watchTeam(teamId: string, next: Next<Team>, error?: Fail): Unsubscribe {
    return this.#document(async () => `teams/${idOf(teamId)}`, next, error);
  }

  watchMembers(teamId: string, next: Next<readonly Listed<Member>[]>, error?: Fail): Unsubscribe {
    return this.#list<Member>({ of: `teams/${idOf(teamId)}/members` }, ({ all }) => next(all), error);
  }

  /** The open invitations of a team; for its owners. They do not have their codes. */
  watchInvites(teamId: string, next: Next<readonly Listed<Invite>[]>, error?: Fail): Unsubscribe {
    return this.#list<Invite>({ of: `teams/${idOf(teamId)}/invites` }, ({ all }) => next(all), error);
  }

  /** Ends the connections of the app, and the app: without it Node does not end. */
  async close(): Promise<void> {
    await this.#connection.close();
  }

  // ---- how they listen ----

  /** A document that is there: where it is missing, or goes, that is an error. */
  #document<T>(path: () => Promise<string>, next: Next<T>, error?: Fail): Unsubscribe {
    return subscribe<T>(
      async (told, fail) => {
        const [{ db, watchDocument }, at] = await Promise.all([this.#connection.reading(), path()]);
        const none = () => fail(new MediaForgeError("not-found", `There is no ${at}.`));
        return watchDocument<T>(db, at, (found) => (found ? told(found) : none()), fail);
      },
      next,
      error,
    );
  }

  #maybe<T>(path: () => Promise<string>, next: Next<T | undefined>, error?: Fail): Unsubscribe {
    return subscribe<T | undefined>(
      async (told, fail) => {
        const [{ db, watchDocument }, at] = await Promise.all([this.#connection.reading(), path()]);
        return watchDocument<T>(db, at, told, fail);
      },
      next,
      error,
    );
  }

  #list<T>(listing: Listing, next: Next<Items<T>>, error?: Fail): Unsubscribe {
    return subscribe<Items<T>>(
      async (told, fail) => {
        const { db, watchList } = await this.#connection.reading();
        return watchList<T>(db, listing, told, fail);
      },
      next,
      error,
    );
  }

  #rows(batch: string, next: Next<Items<BatchRow>>, error?: Fail): Unsubscribe {
    return this.#list({ of: `batches/${idOf(batch)}/rows`, orderBy: "index" }, next, error);
  }

  async *#pages<T>(of: () => Promise<Listing>, { pageSize = PAGE_SIZE }: PageSize = {}) {
    const [{ db, pages }, listing] = await Promise.all([this.#connection.reading(), of()]);
    yield* pages<T>(db, { orderBy: "-created_at", ...listing }, pageSize);
  }

  async #whose(teamId: string | undefined) {
    return teamId ? { team_id: teamId } : { user_id: await this.#connection.uid() };
  }
}

async function last<T>(values: AsyncIterable<T>): Promise<T> {
  let found: T | undefined;
  for await (const value of values) found = value;
  return found as T; // an iteration ends with its last value, or throws
}
