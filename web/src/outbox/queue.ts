/** What a person has done and the server does not know yet, kept in this browser's database until it does. */

const DATABASE = "calha-outbox";
const STORE = "waiting";

export interface Position {
  latitude: number;
  longitude: number;
  accuracy_m: number | null;
}

/** A register that was read. `id` goes with it to the server, which enters what comes twice once. */
export interface FieldReading {
  kind: "reading";
  device: string;
  channel: string;
  unit: string;
  at: string;
  value: string;
  note: string;
  position: Position | null;
  photo: Blob | null;
}

export interface FieldClaim {
  kind: "claim";
  code: string;
}

export interface Waiting {
  id: string;
  /** Whose it is: on a shared phone nobody sends what another has done. */
  person: number;
  madeAt: number;
  what: FieldReading | FieldClaim;
  /** Why the server does not take it; it stays until the person has decided. */
  refusal: string | null;
}

export async function put(one: Waiting): Promise<void> {
  await inStore("readwrite", (store) => store.put(one));
}

export async function remove(id: string): Promise<void> {
  await inStore("readwrite", (store) => store.delete(id));
}

/** Those of a person, oldest first. */
export async function allOf(person: number): Promise<Waiting[]> {
  const all = await inStore<Waiting[]>("readonly", (store) => store.getAll() as IDBRequest<Waiting[]>);
  return all.filter((one) => one.person === person).sort((one, other) => one.madeAt - other.madeAt);
}

async function inStore<Result>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<Result>): Promise<Result> {
  const database = await opened();
  try {
    const transaction = database.transaction(STORE, mode);
    const request = ask(transaction.objectStore(STORE));
    return await new Promise<Result>((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error("the browser's database took nothing"));
    });
  } finally {
    database.close();
  }
}

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser has no database"));
  });
}
