/** What an anomaly tells, in a sentence: what was compared, what it usually is, and how far it lies from that. Pure. */

import { formatNumber } from "../format";
import type { Language, Translate } from "../i18n";
import type { Anomaly } from "./useAnomalies";

type Told = Pick<Anomaly, "kind" | "seen" | "low" | "high" | "over_readings" | "unit">;

/** Whether `seen`, `low` and `high` are values of the channel, and not distances or repetitions. */
export function isOfChannel({ kind }: Pick<Anomaly, "kind">): boolean {
  return kind !== "variation" && kind !== "frozen";
}

export function explained(told: Told, language: Language, t: Translate): string {
  const { kind, seen, low, high, over_readings: n } = told;
  if (seen === null || low === null || high === null) return t("anomaly.told.apart");
  const amount = (value: number) => amountText(value, kind === "frozen" ? "" : told.unit, language);
  const values = { seen: amount(seen), low: amount(low), high: amount(high), n };
  if (kind === "frozen") return t("anomaly.told.frozen", values);
  if (kind === "variation") return t("anomaly.told.variation", values);
  const isWithin = seen >= low && seen <= high;
  if (kind === "joint" && isWithin && n > 1) return t("anomaly.told.stuck", values);
  if ((kind === "joint" || kind === "leak") && isWithin) return t("anomaly.told.together", values);
  return t(n > 1 ? "anomaly.told.mean" : "anomaly.told.value", values);
}

/** How far outside the usual range it lies; nothing where it lies within, because only channels together are unusual. */
export function howFar(told: Told, language: Language, t: Translate): string | null {
  const { seen, low, high } = told;
  if (seen === null || low === null || high === null || (seen >= low && seen <= high)) return null;
  const off = seen > high ? seen - high : low - seen;
  const amount = amountText(off, told.kind === "frozen" ? "" : told.unit, language);
  const share = high > low ? off / (high - low) : null;
  const key = seen > high ? "above" : "below";
  return share === null ? t(`anomalyFar.${key}`, { amount }) : t(`anomalyFarWidths.${key}`, { amount, widths: formatNumber(Number(share.toPrecision(2)), null, language) });
}

export function amountText(value: number, unit: string, language: Language): string {
  const rounded = formatNumber(Number(value.toPrecision(4)), null, language);
  return unit === "" ? rounded : `${rounded} ${unit}`;
}
