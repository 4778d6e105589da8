import { decimalOf } from "../ui/decimal";

/** Units in which a channel can measure a level, in metres. */
const metres: Record<string, number> = { m: 1, cm: 0.01, mm: 0.001 };

export function isLevel(channel: { kind: string; unit: string }): boolean {
  return channel.kind === "gauge" && channel.unit in metres;
}

/** A number as a person writes it; null for none. */
export function numberOf(text: string): number | null {
  const decimal = decimalOf(text);
  return decimal === null || decimal === "" || !Number.isFinite(Number(decimal)) ? null : Number(decimal);
}

/** Flow in L/s of a level in m, by the law of the flume as the server reckons it; null without a level. */
export function flowOf(law: { k: number; n: number; zero: number; cutOff: number }, level: number | null): number | null {
  if (level === null) return null;
  const head = level - law.zero;
  return head <= Math.max(law.cutOff, 0) ? 0 : law.k * head ** law.n * 1000;
}
