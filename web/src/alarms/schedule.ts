/** The week's windows in which a rule is in force. Pure. */

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];

/** Local times; `until` at or before `from` lies on the next day. */
export interface Period {
  days: Day[];
  from: string;
  until: string;
}

export const MAX_PERIODS = 20;
export const WORKING_HOURS: Period = { days: ["mon", "tue", "wed", "thu", "fri"], from: "08:00", until: "18:00" };

type Given = Record<string, unknown>;

/** Periods as a rule has them; one without days is for all of them. */
export function periodsOf(given: unknown): Period[] {
  return Array.isArray(given) ? given.map((one: Given) => ({ days: daysOf(one.days), from: clockOf(one.from), until: clockOf(one.until) })) : [];
}

const daysOf = (given: unknown): Day[] => (Array.isArray(given) ? DAYS.filter((day) => given.includes(day)) : [...DAYS]);
const clockOf = (given: unknown) => (typeof given === "string" ? given : "00:00");

const DAY_MINUTES = 24 * 60;

function minutesOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(":").map(Number);
  return 60 * hours + minutes;
}

/** Stretches of a day in which a rule is in force, as shares of it; what began the day before included. */
export function stretchesOf(periods: readonly Period[], day: Day): [number, number][] {
  const before = DAYS[(DAYS.indexOf(day) + 6) % 7];
  return periods.flatMap(({ days, from, until }) => {
    const [first, last] = [minutesOf(from) / DAY_MINUTES, minutesOf(until) / DAY_MINUTES];
    const overnight = first >= last;
    const own: [number, number][] = days.includes(day) ? [[first, overnight ? 1 : last]] : [];
    const left: [number, number][] = overnight && last > 0 && before !== undefined && days.includes(before) ? [[0, last]] : [];
    return [...own, ...left];
  });
}
