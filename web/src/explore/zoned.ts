/** Times as a clock on the wall of a zone shows them. Pure. */

import type { Past } from "./address";

const DAY = 86_400_000;

/** `2026-01-31T12:00:00`: what a field for date and time takes. */
export function wallOf(at: number, zone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(at).replace(" ", "T");
}

/** When the clock of a zone shows that, in ms; NaN for what is no time. Of an hour that comes twice the first. */
export function momentOf(wall: string, zone: string): number {
  const asIfUtc = Date.parse(`${wall}Z`);
  if (Number.isNaN(asIfUtc)) return NaN;
  const aheadAt = (at: number) => Date.parse(`${wallOf(at, zone)}Z`) - at;
  const [earlier = NaN, later = NaN] = [asIfUtc - aheadAt(asIfUtc - DAY), asIfUtc - aheadAt(asIfUtc + DAY)].sort((one, other) => one - other);
  return aheadAt(earlier) === asIfUtc - earlier ? earlier : later;
}

/** How much earlier the same time was a day, week, month or year before, in ms. */
export function shiftOf(from: number, past: Past, zone: string): number {
  if (past === "day") return from - backBy(from, 1, zone);
  if (past === "week") return from - backBy(from, 7, zone);
  const wall = wallOf(from, zone);
  const [year = 0, month = 0, day = 0] = wall.slice(0, 10).split("-").map(Number);
  const [earlierYear, earlierMonth] = past === "year" ? [year - 1, month] : month === 1 ? [year - 1, 12] : [year, month - 1];
  const longest = new Date(Date.UTC(earlierYear, earlierMonth, 0)).getUTCDate();
  const date = [earlierYear, String(earlierMonth).padStart(2, "0"), String(Math.min(day, longest)).padStart(2, "0")].join("-");
  return from - momentOf(`${date}T${wall.slice(11)}`, zone);
}

function backBy(from: number, days: number, zone: string): number {
  const wall = wallOf(from, zone);
  const date = new Date(Date.parse(`${wall.slice(0, 10)}T00:00:00Z`) - days * DAY).toISOString().slice(0, 10);
  return momentOf(`${date}T${wall.slice(11)}`, zone);
}
