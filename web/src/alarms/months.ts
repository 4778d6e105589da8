/** The months that a report can be of, by a zone's clock. Pure. */

import { dayAt, edges, moved, periodOf } from "../consumption/period";
import { momentOf } from "../explore/zoned";

export interface Span {
  from: string;
  to: string;
}

const MONTHS = 3; // the server keeps to 92 days

/** That of a moment and those before, as 2026-03, the newest first. */
export function monthsUntil(now: number, zone: string): string[] {
  const present = periodOf("month", dayAt(now, zone));
  return Array.from({ length: MONTHS }, (_, before) => moved(present, -before).at.slice(0, 7));
}

/** From the first of a month until the first of the next, or until now. */
export function spanOf(month: string, now: number, zone: string): Span {
  const { from, to } = edges({ view: "month", at: `${month}-01` });
  const begin = (day: string) => momentOf(`${day}T00:00:00`, zone);
  return { from: new Date(begin(from)).toISOString(), to: new Date(Math.min(begin(to), now)).toISOString() };
}
