import createClient from "openapi-fetch";
import { send } from "./http";
import type { components, paths } from "./schema";

export type Device = components["schemas"]["Device"];
export type Gateway = components["schemas"]["Gateway"];
export type Channel = components["schemas"]["Channel"];
export type Site = components["schemas"]["Site"];
export type Profile = components["schemas"]["ProfileAnswer"];
export type Status = components["schemas"]["Status"];
export type Counts = components["schemas"]["Counts"];
export type Kept = components["schemas"]["Kept"];
export type Readings = components["schemas"]["Readings"];
export type SeriesReadings = components["schemas"]["SeriesReadings"];
export type DeviceIngest = components["schemas"]["DeviceIngest"];
export type Me = components["schemas"]["Me"];
export type Person = components["schemas"]["PersonAnswer"];
export type Permission = components["schemas"]["Permission"];
export type Role = components["schemas"]["Role"];

export const api = createClient<paths>({ baseUrl: "", fetch: send });

/** What the server said was wrong, in its own words; `reason`, `retryAfterS` and what it is `about` where it gives them. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly reason = "",
    readonly retryAfterS = 0,
    readonly about: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }
}

interface Result<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The data of a call, or a Problem. */
export async function take<Data>(call: Promise<Result<Data>>): Promise<Data> {
  const { data, error, response } = await call;
  if (response.ok) return data as Data;
  const told = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
  const text = (name: string) => (typeof told[name] === "string" ? told[name] : "");
  throw new Problem(response.status, text("detail") || `HTTP ${response.status}`, text("reason"), Number(told.retry_after_s ?? 0), aboutIn(told));
}

/** A file that the server makes, or a Problem. */
export async function takeFile(address: string, kind: string): Promise<Blob> {
  const response = await send(new Request(address, { headers: { accept: kind } }));
  if (response.ok) return await response.blob();
  const error: unknown = await response.json().catch(() => null);
  return await take<Blob>(Promise.resolve({ error, response }));
}

/** What a problem speaks of, to be put into a text; `problem` is what the server says itself. */
function aboutIn({ about, detail }: Record<string, unknown>): Record<string, string> {
  const found: Record<string, string> = { problem: typeof detail === "string" ? detail : "" };
  for (const [name, value] of Object.entries(about ?? {})) found[name] = String(value);
  return found;
}
