/** The audit log's parts and values as people read them. Pure. */

import { isKey, type Language, type Translate } from "../i18n";
import { isEmpty, type Single, type Value } from "./changes";

export interface Words {
  t: Translate;
  language: Language;
  /** A moment as people read it. */
  time: (at: string) => string;
  /** What a site is called; undefined for one that is not there any more. */
  site: (id: number) => string | undefined;
}

const NOTHING = "—";
const SHOWN = 12; // of a list

/** Where a value stands: each part as its own page calls it, else as the log does. */
export function partText(path: readonly string[], t: Translate): string {
  return path.map((name) => known(`auditPart.${name}`, t) ?? name.replaceAll("_", " ")).join(" › ");
}

/** "device pump-1" in the person's language; also who acted, by id. */
export function targetText(target: string, t: Translate): string {
  const [kind = "", ...rest] = target.split(" ");
  const word = known(`target.${kind}`, t);
  return word === undefined ? target : [word, ...rest].join(" ");
}

export function valueText(path: readonly string[], value: Value, words: Words): string {
  if (isEmpty(value)) return NOTHING;
  const name = path.findLast((one) => !/^\d+$/.test(one)) ?? "";
  const all: readonly Single[] = [value].flat();
  const shown = all.slice(0, SHOWN).map((one) => singleText(name, one, words));
  const between = all.some((one) => typeof one === "number") ? "; " : ", "; // a comma may be a number's own
  return shown.join(between) + (all.length > SHOWN ? ` ${words.t("audit.andMore", { n: numberText(all.length - SHOWN, words.language) })}` : "");
}

function singleText(name: string, value: Single, words: Words): string {
  if (value === null) return NOTHING;
  if (typeof value === "boolean") return words.t(value ? "audit.yes" : "audit.no");
  if (typeof value === "number") return name === "site_id" ? (words.site(value) ?? String(value)) : isName(name) ? String(value) : numberText(value, words.language);
  if (name === "owner") return targetText(value, words.t);
  if (name === "language" && LANGUAGE.test(value)) return new Intl.DisplayNames(words.language, { type: "language" }).of(value) ?? value;
  return chosenText(name, value, words.t) ?? timeText(value, words) ?? (AMOUNTS.has(name) ? amountText(value, words.language) : value);
}

const LANGUAGE = /^[a-z]{2}(-[A-Z]{2})?$/;

/** What is chosen among a few, by the name of the part: the text of a choice. */
const CHOICES: Readonly<Record<string, (one: string) => string>> = {
  by: (one) => `auditBy.${one}`,
  role: (one) => `role.${one}`,
  scopes: (one) => `scope.${one}`,
  priority: (one) => `priority.${one}`,
  reason: (one) => `problem.${one}`,
  method: (one) => `method.${one}`,
  rule: (one) => `rule.${one}`,
  security: (one) => `security.${one}`,
  verdict: (one) => `verdict.${one}`,
};

function chosenText(name: string, value: string, t: Translate): string | undefined {
  const key = CHOICES[name]?.(value);
  return key === undefined ? undefined : known(key, t);
}

const TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MONTH = /^\d{4}-\d{2}$/;

function timeText(value: string, { language, time }: Words): string | undefined {
  if (TIME.test(value)) return time(value.replace(" ", "T"));
  const form: Intl.DateTimeFormatOptions | undefined = DAY.test(value) ? { dateStyle: "short" } : MONTH.test(value) ? { month: "long", year: "numeric" } : undefined;
  if (form === undefined) return undefined;
  const day = new Date(value); // of a day or a month, its beginning in UTC
  return Number.isNaN(day.getTime()) ? undefined : new Intl.DateTimeFormat(language, { ...form, timeZone: "UTC" }).format(day);
}

/** Numbers that the log keeps as text, so that no digit is lost. */
const AMOUNTS = new Set(["amount", "total", "value", "opening", "closing", "contracted", "minimum", "maximum", "multiplier", "resolution", "max_flow", "fee", "price", "before", "after"]);

function amountText(value: string, language: Language): string {
  const [, digits] = /^-?\d+(?:\.(\d+))?$/.exec(value) === null ? [] : value.split(".");
  if (Number.isNaN(Number(value)) || value.trim() === "") return value;
  return new Intl.NumberFormat(language, { minimumFractionDigits: digits?.length ?? 0, maximumFractionDigits: EXACT }).format(Number(value));
}

const EXACT = 20; // digits: the log tells what was written, not what it amounts to

const numberText = (value: number, language: Language) => new Intl.NumberFormat(language, { maximumFractionDigits: EXACT }).format(value);

/** Numbers that only name something, and years: nobody writes those in thousands. */
const isName = (name: string) => /(^|_)(id|ids|number|port|year|version|revision|link|file|key|code|session|passkey)$/.test(name);

function known(key: string, t: Translate): string | undefined {
  return isKey(key) ? t(key) : undefined;
}
