/** What is said of a cleaning, in the reader's language. */

import type { Channel } from "../api/client";
import { formatNumber } from "../format";
import type { Language, Translate } from "../i18n";
import { type Finding, longestOf, type Shortfall } from "./cleaningCurves";

export function reasonText({ step, reason: why, reached, demanded }: Finding, language: Language, t: Translate): string {
  const isTime = why === "effective_time" || why === "too_long" || why === "gap";
  const text = (value: number | null) => (value === null ? "" : why === "gap" ? `${formatNumber(value, 0, language)} s` : isTime ? minutes(value, language) : formatNumber(value, 2, language));
  return `${t(`cleaningStep.${step}`)}: ${t(`cleaningReason.${why}`, { reached: text(reached), demanded: text(demanded) })}`;
}

/** Which signal was beyond which limit, how long, when longest, and by how much then. */
export function shortfallText({ bound, limit, worst, total_s, spans }: Shortfall, { name, unit }: Channel, zone: string, language: Language, own: (text: Channel["name"]) => string, t: Translate): string {
  const longest = longestOf(spans);
  const amount = (value: number) => `${formatNumber(value, 1, language)} ${unit}`;
  return t(`cleaningShort.${bound}`, { signal: own(name), limit: amount(limit), time: minutes(total_s, language), worst: amount(worst), by: amount(Math.abs(worst - limit)), from: clock(longest?.from ?? 0, zone, language) });
}

function clock(at: number, zone: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(at);
}

export function minutes(value: number, language: Language): string {
  return `${formatNumber(value / 60, 1, language)} min`;
}

export function signed(value: number, language: Language): string {
  const amount = formatNumber(Math.abs(value), 1, language);
  return `${value < 0 && amount !== formatNumber(0, 1, language) ? "−" : "+"}${amount}`;
}
