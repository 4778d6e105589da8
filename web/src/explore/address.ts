/** What the page shows, as it stands in its address: a link shows another person the same. Pure. */

import { type Calculated, letterOf, lettersIn, MOST_CALCULATED, placesIn, renamed, withoutPlace } from "../chart/formulas";
import { isPreset, type Preset } from "../chart/range";
import { type Aggregate, aggregates, type Grain, grains } from "./aggregates";

export const pasts = ["day", "week", "month", "year"] as const;
export type Past = (typeof pasts)[number];

export interface ExploreSearch {
  /** Series as `device/channel`, between commas; those of the channel's key are escaped. */
  s?: string;
  /** Calculated series. */
  f?: Calculated[];
  range?: Preset;
  from?: number;
  to?: number;
  /** The period that is laid over it. */
  past?: Past;
  zone?: string;
  /** What each point is, where readings are put together; and over which step. */
  agg?: Aggregate;
  step?: Grain;
  /** A chart for each unit. */
  apart?: boolean;
  table?: boolean;
}

export interface Named {
  device: string;
  channel: string;
}

export const MOST_SERIES = 20;

export function seriesIn(text: string | undefined): Named[] {
  const found = (text ?? "").split(",").flatMap((part) => {
    const slash = part.indexOf("/");
    return slash > 0 && slash < part.length - 1 ? [{ device: part.slice(0, slash), channel: unescaped(part.slice(slash + 1)) }] : [];
  });
  return found.filter((one, place) => found.findIndex((other) => isSame(one, other)) === place).slice(0, MOST_SERIES);
}

export function written(series: readonly Named[]): string {
  return series.map(({ device, channel }) => `${device}/${channel.replace(/[%,]/g, encodeURIComponent)}`).join(",");
}

/** As the server wants it. */
export function nameOf({ device, channel }: Named): string {
  return `${device}/${channel}`;
}

export function isSame(one: Named, other: Named): boolean {
  return one.device === other.device && one.channel === other.channel;
}

/** With one more series, or as it was if that is there already or there are enough. */
export function withSeries(search: ExploreSearch, one: Named): ExploreSearch {
  return { ...search, s: written(seriesIn(written([...seriesIn(search.s), one]))) };
}

/** Without some of its parts. */
export function without<Name extends keyof ExploreSearch>(search: ExploreSearch, ...names: Name[]): Omit<ExploreSearch, Name> {
  return Object.fromEntries(Object.entries(search).filter(([name]) => !names.includes(name as Name))) as Omit<ExploreSearch, Name>;
}

/** Without one of the series and what is calculated from it. In formulas the letters behind it move up. */
export function withoutSeries(search: ExploreSearch, one: Named): ExploreSearch {
  const before = seriesIn(search.s);
  const place = before.findIndex((other) => isSame(one, other));
  if (place < 0) return search;
  const left = before.filter((_one, index) => index !== place);
  const formulas = (search.f ?? []).filter(({ formula }) => !lettersIn(formula).includes(letterOf(place))).map((calculated) => ({ ...calculated, formula: withoutPlace(calculated.formula, place) }));
  return { ...without(search, "s", "f"), ...(left.length > 0 ? { s: written(left) } : {}), ...(formulas.length > 0 ? { f: formulas } : {}) };
}

export function withCalculated(search: ExploreSearch, calculated: readonly Calculated[]): ExploreSearch {
  const rest = without(search, "f");
  return calculated.length > 0 ? { ...rest, f: [...calculated].slice(0, MOST_CALCULATED) } : rest;
}

/** A formula over one device's channels by their keys, as an alarm rule reads it; null where it is over several devices. */
export function asRule(formula: string, series: readonly Named[]): { device: string; formula: string } | null {
  const used = placesIn(formula).map((place) => series[place]);
  const [first] = used;
  if (first === undefined || used.some((one) => one?.device !== first.device)) return null;
  return { device: first.device, formula: renamed(formula, (place) => keyOf(series[place]?.channel ?? "")) };
}

function keyOf(channel: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(channel) && !["and", "or", "not"].includes(channel) ? channel : `[${channel}]`;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What of an address can be used; the rest is left out. */
export function searchOf(given: Record<string, unknown>): ExploreSearch {
  const series = typeof given.s === "string" ? written(seriesIn(given.s)) : "";
  const calculated = Array.isArray(given.f) ? given.f.filter(isCalculated).slice(0, MOST_CALCULATED) : [];
  const past = pasts.find((one) => one === given.past);
  const agg = aggregates.find((one) => one === given.agg);
  const step = grains.find((one) => one === given.step);
  return {
    ...(series === "" ? {} : { s: series }),
    ...(calculated.length > 0 ? { f: calculated } : {}),
    ...(isPreset(given.range) ? { range: given.range } : {}),
    ...(typeof given.from === "number" && typeof given.to === "number" && given.from < given.to ? { from: given.from, to: given.to } : {}),
    ...(past === undefined ? {} : { past }),
    ...(typeof given.zone === "string" && isZone(given.zone) ? { zone: given.zone } : {}),
    ...(agg === undefined ? {} : { agg, ...(step === undefined ? {} : { step }) }),
    ...(given.apart === true ? { apart: true } : {}),
    ...(given.table === true ? { table: true } : {}),
  };
}

function isCalculated(given: unknown): given is Calculated {
  return typeof given === "object" && given !== null && ["name", "unit", "formula"].every((part) => typeof (given as Record<string, unknown>)[part] === "string");
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return name !== "";
  } catch {
    return false;
  }
}
