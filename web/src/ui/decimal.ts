import type { Language } from "../i18n";

const THOUSANDS = /^-?\d{1,3}(?:\.\d{3}){2,}$|^-?\d{1,3}(?:,\d{3}){2,}$/;

/** A number that a person has typed, with a decimal comma or point, as the server takes it; null for nothing. */
export function decimalOf(typed: string): string | null {
  const text = typed.trim().replace(/\s/g, "");
  if (text === "") return null;
  if (THOUSANDS.test(text)) return text.replace(/[.,]/g, "");
  const [comma, point] = [text.lastIndexOf(","), text.lastIndexOf(".")];
  if (comma >= 0 && point >= 0) return comma > point ? text.replaceAll(".", "").replace(",", ".") : text.replaceAll(",", "");
  return text.replace(",", ".");
}

/** What the server has, as a person of that language writes it. */
export function typedOf(decimal: string, language: Language): string {
  return language === "pt-BR" ? decimal.replace(".", ",") : decimal;
}

export type DecimalFault = { kind: "none" } | { kind: "unclear"; whole: string; part: string };

/** What in the way of a language stands between thousands, and may also have been meant as the decimal mark: a register would be a thousand times off. */
const UNCLEAR: Record<Language, RegExp> = { "pt-BR": /^-?[1-9]\d{0,2}\.\d{3}$/, en: /^-?[1-9]\d{0,2},\d{3}$/ };

/** Why a typed text cannot be taken for a number; null for one that can, and for nothing. */
export function faultOf(typed: string, language: Language): DecimalFault | null {
  const decimal = decimalOf(typed);
  if (decimal === null) return null;
  if (!/^-?(?:\d+\.?\d*|\.\d+)$/.test(decimal)) return { kind: "none" };
  const text = typed.trim();
  if (!UNCLEAR[language].test(text)) return null;
  return { kind: "unclear", whole: text.replace(/[.,]/, ""), part: language === "en" ? text.replace(",", ".") : text.replace(".", ",") };
}
