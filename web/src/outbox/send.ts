import { api, Problem, take } from "../api/client";
import type { FieldReading, Waiting } from "./queue";

/** sent: the server has it. waits: it could not be reached, or asks for patience. Else why it was refused. */
export type Outcome = { kind: "sent" } | { kind: "waits" } | { kind: "refused"; problem: Problem };

const LATER = new Set([401, 408, 425, 429]);

/** Give one to the server. Whatever is given twice is entered once. */
export async function give({ id, what }: Pick<Waiting, "id" | "what">): Promise<Outcome> {
  try {
    if (what.kind === "claim") await take(api.POST("/api/v1/claims", { body: { code: what.code } }));
    else await giveReading(id, what);
    return { kind: "sent" };
  } catch (error) {
    if (!(error instanceof Problem) || error.status >= 500 || LATER.has(error.status)) return { kind: "waits" };
    return { kind: "refused", problem: error };
  }
}

async function giveReading(id: string, { device, channel, at, value, note, position, photo }: FieldReading): Promise<void> {
  const path = { key: device };
  const body = { channel, at, value, note, position };
  const entered = await take(api.POST("/api/v1/devices/{key}/manual-readings", { params: { path, header: { "idempotency-key": id } }, body }));
  if (photo === null) return;
  const place = { path: { ...path, reading_id: entered.id }, query: { channel } };
  await take(api.PUT("/api/v1/devices/{key}/manual-readings/{reading_id}/photo", { params: place, body: photo as unknown as string, bodySerializer: (content) => content as unknown as Blob, headers: { "Content-Type": "image/jpeg" } }));
}
