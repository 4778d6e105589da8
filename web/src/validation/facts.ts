import { formatNumber, formatTime } from "../format";
import type { Language, Translate } from "../i18n";
import type { Exception } from "./useExceptions";

/** What a rule found and its limit, in one sentence. */
export function factsOf({ rule, data }: Exception, unit: string, language: Language, t: Translate): string {
  const number = (name: string): string => {
    const value = data[name];
    return typeof value === "number" ? formatNumber(value, null, language) : "—";
  };
  const amount = (name: string) => `${number(name)} ${unit}`.trim();
  switch (rule) {
    case "gap":
      return t("found.gap", { minutes: number("minutes"), limit: number("limit") });
    case "register":
      return t("found.register", { verdict: t(`verdict.${verdictOf(data.verdict)}`), before: number("before"), after: number("after") });
    case "reverse":
      return t("found.reverse", { amount: amount("amount") });
    case "maximum":
      return t("found.maximum", { amount: amount("amount"), limit: amount("limit") });
    case "spike":
      return t("found.spike", { amount: amount("amount"), third: amount("third"), limit: number("limit_percent") });
    case "low":
    case "high":
      return t(data.compared_with === "last_year" ? "found.unusualYear" : "found.unusual", { amount: amount("amount"), usual: amount("usual"), limit: number("limit_percent") });
    case "change":
      return t("found.change", { before: amount("before"), amount: amount("amount"), limit: number("limit_percent") });
    case "leak":
      return t("found.leak", { lowest: amount("lowest"), month: amount("per_month") });
    case "zero":
      return t("found.zero", { days: number("days") });
    case "frozen":
      return t("found.frozen", { amount: amount("amount"), n: number("intervals") });
    case "sum":
      return t("found.sum", { amount: amount("amount"), beside: amount("beside"), limit: number("limit_percent") });
    case "clock":
      return t("found.clock", { ahead: number("ahead_s"), limit: number("limit_s") });
  }
}

const verdicts = ["normal", "rollover", "reset", "restart", "exchange", "reverse", "glitch", "jump"] as const;

function verdictOf(given: unknown): (typeof verdicts)[number] {
  return verdicts.find((one) => one === given) ?? "exchange";
}

/** The day on which it begins, where the device stands. */
export function dayText({ from, zone }: Pick<Exception, "from" | "zone">, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "short", timeZone: zone }).format(new Date(from));
}

/** The time that an exception is about. */
export function spanText({ from, to, zone }: Exception, language: Language): string {
  return `${formatTime(from, language, zone)} – ${formatTime(to, language, zone)}`;
}
