// What this browser keeps: a few named sets of values in IndexedDB. Keys begin with the uid of whose they are.
const NAME = "mediaforge-studio";
const VERSION = 1;
const SETS = ["unsent", "drafts", "prompts", "pages", "settings", "deletes"] as const;

export type Kept = (typeof SETS)[number];

let opened: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const name of SETS) {
        if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name);
      }
    };
    request.onsuccess = () => {
      // A newer page in another tab must be able to change the sets.
      request.result.onversionchange = () => request.result.close();
      request.result.onclose = () => {
        opened = undefined;
      };
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  }).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

async function run<T>(set: Kept, mode: IDBTransactionMode, ask: (of: IDBObjectStore) => IDBRequest<T>) {
  const transaction = (await open()).transaction(set, mode);
  return new Promise<T>((resolve, reject) => {
    const request = ask(transaction.objectStore(set));
    // Kept means: on the disk. A request alone may succeed before its transaction does.
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

export async function read<T>(set: Kept, key: string): Promise<T | undefined> {
  return run<T | undefined>(set, "readonly", (of) => of.get(key));
}

export async function write(set: Kept, key: string, value: unknown): Promise<void> {
  await run(set, "readwrite", (of) => of.put(value, key));
}

export async function remove(set: Kept, key: string): Promise<void> {
  await run(set, "readwrite", (of) => of.delete(key));
}

/** All values whose key begins so, in the order of their keys. */
export async function list<T>(set: Kept, prefix: string): Promise<T[]> {
  const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
  return run<T[]>(set, "readonly", (of) => of.getAll(range));
}

/** Removes all whose key begins so. */
export async function clear(set: Kept, prefix: string): Promise<void> {
  await run(set, "readwrite", (of) => of.delete(IDBKeyRange.bound(prefix, `${prefix}\uffff`)));
}
