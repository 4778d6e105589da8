import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

export type Device = components["schemas"]["Device"];
export type Channel = components["schemas"]["Channel"];
export type Site = components["schemas"]["Site"];
export type Profile = components["schemas"]["ProfileAnswer"];
export type Status = components["schemas"]["Status"];
export type Counts = components["schemas"]["Counts"];
export type Kept = components["schemas"]["Kept"];
export type Readings = components["schemas"]["Readings"];
export type SeriesReadings = components["schemas"]["SeriesReadings"];
export type DeviceIngest = components["schemas"]["DeviceIngest"];

export const api = createClient<paths>({ baseUrl: "" });

/** What the server said was wrong, in its own words. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
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
  const detail = typeof error === "object" && error !== null && "detail" in error ? String(error.detail) : "";
  throw new Problem(response.status, detail || `HTTP ${response.status}`);
}
