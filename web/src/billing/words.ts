/** How billing is written for people: money, days, cycles and months in their language, and the server's reasons in words. */

import { dayAt, moved, periodOf } from "../consumption/period";
import { isKey, type Language, type Translate } from "../i18n";

export function moneyText(amount: string | null, language: Language): string {
  return amount === null ? "—" : new Intl.NumberFormat(language, { style: "currency", currency: "BRL" }).format(Number(amount));
}

/** A difference, whose sign says whether more is asked for. */
export function differenceText(amount: string | null, language: Language): string {
  return amount === null ? "—" : new Intl.NumberFormat(language, { style: "currency", currency: "BRL", signDisplay: "exceptZero" }).format(Number(amount));
}

/** A price may have more places than money; what it has is shown. */
export function priceText(price: string, language: Language): string {
  return new Intl.NumberFormat(language, { style: "currency", currency: "BRL", maximumFractionDigits: 8 }).format(Number(price));
}

export function quantityText(quantity: string, unit: string | null | undefined, language: Language): string {
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: 6 }).format(Number(quantity))} ${unit ?? ""}`.trim();
}

/** A quantity of a tariff, such as a post, in the person's language where it is one of the usual ones. */
export function quantityName(name: string, t: Translate): string {
  const key = `quantity.${name}`;
  return isKey(key) ? t(key) : name;
}

/** An amount of which no more than its first digits are known, such as a forecast. */
export function roundedText(quantity: string, unit: string, language: Language): string {
  const text = new Intl.NumberFormat(language, { maximumSignificantDigits: 4 }).format(Number(quantity));
  return `${text} ${unit}`.trim();
}

/** A local day, as in 2026-07-31, whatever the zone of the browser. */
export function dayText(day: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" }).format(noon(day));
}

/** From a day to the one before `until`. */
export function cycleText(from: string, until: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" }).formatRange(noon(from), noon(until, -1));
}

/** A month such as 2026-07. */
export function monthText(month: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { month: "long", year: "numeric", timeZone: "UTC" }).format(noon(`${month}-01`));
}

/** The month before that of a moment, by a zone's clock: the one that is billed now. */
export function monthBefore(moment: number, zone: string): string {
  return moved(periodOf("month", dayAt(moment, zone)), -1).at.slice(0, 7);
}

/** First day, and the first day that is no longer in it. */
export function monthEdges(month: string): { from_day: string; until_day: string } {
  const [year = 0, number = 0] = month.split("-").map(Number);
  return { from_day: `${month}-01`, until_day: new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 10) };
}

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^no readings in this cycle$/, "noReadings"],
  [/^only (?<share>[\d.]+%) of the cycle is known/, "tooLittle"],
  [/^only (?<share>[\d.]+%) of the injected energy is known/, "tooLittleInjected"],
  [/^tariff '(?<tariff>.*)' knows no net metering/, "noNetMetering"],
  [/^the consumption is negative/, "negative"],
  [/^it is not known any more which channel counted the reactive energy$/, "noReactiveChannel"],
  [/^it is not known any more which channel counted the injected energy$/, "noInjectedChannel"],
  [/^the contract does not run in this month$/, "notRunning"],
  [/^the cycle ends on (?<day>[\d-]+); it is not over$/, "notOver"],
  [/^there is no tariff '(?<tariff>.*)'$/, "noTariff"],
  [/^the tariff is for (?<wanted>.*), the meter counts (?<unit>.*)$/, "otherUnit"],
  [/^the invoice would have (?<lines>\d+) lines/, "tooLong"],
  [/^too few days are known yet$/, "tooFewDays"],
  [/^tariff '(?<tariff>.*)' begins on (?<day>[\d-]+)/, "tooEarly"],
];

/** Whether it cannot be billed because too much is missing, so that a person can decide to have it estimated. */
export function isShort(problem: string): boolean {
  return REASONS.some(([pattern, name]) => ["noReadings", "tooLittle", "tooLittleInjected"].includes(name) && pattern.test(problem));
}

/** Why something cannot be billed, in the person's language where the reason is known, else as the server says it. */
export function billingProblem(problem: string, t: Translate, language: Language): string {
  for (const [pattern, name] of REASONS) {
    const groups = pattern.exec(problem);
    const key = `unbilled.${name}`;
    if (groups === null || !isKey(key)) continue;
    const { day, ...rest } = groups.groups ?? {};
    return t(key, { ...rest, day: day === undefined ? "" : dayText(day, language) });
  }
  return problem;
}

function noon(day: string, later = 0): Date {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + later);
  return date;
}
