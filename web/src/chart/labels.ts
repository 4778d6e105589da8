import type { Channel } from "../api/client";
import { formatValue } from "../format";
import type { Language } from "../i18n";

const DAY_S = 86_400;
const STATE_LINE = 14; // letters of a state's text in one line

/** Texts of a value axis, with as many decimals as tell its steps apart. */
export function numberLabels(values: readonly number[], step: number, language: Language): string[] {
  const decimals = decimalsOf(step);
  const size = Math.max(...values.map(Math.abs));
  // A sensor's runaway value has no room as digits.
  const notation = size >= 1e9 || (size > 0 && size < 1e-5) ? { notation: "scientific" as const, maximumSignificantDigits: 4 } : { maximumFractionDigits: decimals };
  const format = new Intl.NumberFormat(language, notation);
  return values.map((value) => format.format(value));
}

/** How many decimals a number is written with: two for 0.25. */
function decimalsOf(step: number): number {
  let decimals = Math.min(20, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const isRound = () => Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) < 1e-6;
  while (decimals < 20 && !isRound()) decimals += 1;
  return decimals;
}

/** Texts of a state axis, in lines as long as fit beside a chart. */
export function stateLabels(values: readonly number[], channel: Channel, language: Language, own: (text: string | Record<string, string>) => string): string[] {
  return values.map((value) => inLines(formatValue(value, channel, language, own)));
}

function inLines(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= STATE_LINE) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}

/** Whole numbers of a span: states have nothing between them. */
export function wholeNumbers(low: number, high: number, most = 12): number[] {
  const [first, last] = [Math.ceil(low), Math.floor(high)];
  const step = Math.max(1, Math.ceil((last - first + 1) / most));
  return Array.from({ length: Math.max(0, Math.floor((last - first) / step) + 1) }, (_, n) => first + n * step);
}

/** Texts of a time axis: the day where one begins, else the time. */
export function timeLabels(seconds: readonly number[], step: number, language: Language, zone: string): string[] {
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language, { ...options, timeZone: zone });
  const clock = format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const time = step < 60 ? clock : format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = step > 27 * DAY_S ? format({ month: "short", year: "2-digit" }) : format({ day: "numeric", month: "short" });
  return seconds.map((at) => {
    const date = new Date(at * 1000);
    return (step >= DAY_S || clock.format(date) === "00:00:00" ? day : time).format(date).replaceAll(" de ", " ");
  });
}
