/** The months that a report can be of, in the person's own clock. Pure. */

export interface Span {
  from: string;
  to: string;
}

const MONTHS = 3; // the server keeps to 92 days

/** The first of a month some months before a day, as 2026-03. */
export function monthsUntil(now: Date): string[] {
  return Array.from({ length: MONTHS }, (_, before) => {
    const first = new Date(now.getFullYear(), now.getMonth() - before, 1);
    return `${String(first.getFullYear())}-${String(first.getMonth() + 1).padStart(2, "0")}`;
  });
}

/** From the first of a month until the first of the next, or until now. */
export function spanOf(month: string, now: Date): Span {
  const [year = 1970, number = 1] = month.split("-").map(Number);
  const until = Math.min(new Date(year, number, 1).getTime(), now.getTime());
  return { from: new Date(year, number - 1, 1).toISOString(), to: new Date(until).toISOString() };
}
