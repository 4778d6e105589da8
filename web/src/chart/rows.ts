/** What a chart shows as rows of a table, for the clipboard and for a file in the form of one's own country. Pure. */

import type { ChartSeries } from "./columns";
import type { Points } from "./series";
import type { Language } from "../i18n";

export const MOST_ROWS = 200_000;

/** As text: times of a zone, numbers with the language's decimal mark. The first row has the names. */
export function rowsOf(series: readonly (Pick<ChartSeries, "points"> & { title: string })[], words: { time: string; quality: string }, language: Language, zone: string): string[][] {
  const times = timesOf(series.map(({ points }) => points));
  const places = series.map(() => 0);
  const write = writerOf(language);
  const clock = clockOf(language, zone);
  const head = [`${words.time} (${zone})`, ...series.flatMap(({ title }) => [title, `${words.quality}: ${title}`])];
  const body = times.map((at) => [
    clock(at),
    ...series.flatMap(({ points }, number) => {
      let place = places[number] ?? 0;
      while ((points.t[place] ?? Infinity) < at) place += 1;
      places[number] = place;
      if (points.t[place] !== at) return ["", ""];
      places[number] = place + 1;
      const value = points.value[place] ?? null;
      return [value === null ? "" : write(value), points.quality[place] ?? ""];
    }),
  ]);
  return [head, ...body];
}

/** Tabs between cells, as spreadsheets take it from the clipboard. */
export function asTsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map((cell) => safe(cell).replace(/[\t\r\n]+/g, " ")).join("\t")).join("\n");
}

/** With semicolons where the comma is the decimal mark, and the mark by which a spreadsheet knows UTF-8. */
export function asCsv(rows: readonly (readonly string[])[], language: Language): string {
  const separator = language === "pt-BR" ? ";" : ",";
  const quoted = (cell: string) => (/["\r\n]/.test(cell) || cell.includes(separator) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return `\ufeff${rows.map((row) => row.map((cell) => quoted(safe(cell))).join(separator)).join("\r\n")}\r\n`;
}

/** Never a formula for a spreadsheet; a number below zero is none. */
function safe(cell: string): string {
  return /^[=+@\t\r-]/.test(cell) && !/^-[\d.,]/.test(cell) ? `'${cell}` : cell;
}

function timesOf(points: readonly Points[]): number[] {
  return [...new Set(points.flatMap(({ t }) => t as number[]))].sort((one, other) => one - other).slice(-MOST_ROWS);
}

function writerOf(language: Language): (value: number) => string {
  return language === "pt-BR" ? (value) => String(value).replace(".", ",") : String;
}

/** Date and time as a spreadsheet of that language reads them: `21/11/2026 08:00:00`, `2026-11-21 08:00:00`. */
function clockOf(language: Language, zone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  if (language === "en") return (at) => format.format(at);
  return (at) => {
    const [day = "", time = ""] = format.format(at).split(" ");
    return `${day.split("-").reverse().join("/")} ${time}`;
  };
}
