/** Formulas over series, which are `a`, `b`, … in their order. Pure. */

export interface Calculated {
  name: string;
  unit: string;
  formula: string;
}

export const shownName = ({ name, formula }: Calculated): string => name || formula;

export const MOST_CALCULATED = 5;
/** What stands in a formula for a series that is no longer there; no formula with it can be read. */
const NOTHING = "?";
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const NAME = /\b([a-z])\b(?!\s*\()/g;

export function letterOf(place: number): string {
  return LETTERS[place] ?? "";
}

/** The letters of series that a formula names. */
export function lettersIn(formula: string): string[] {
  return [...new Set([...formula.matchAll(NAME)].map((match) => match[1] ?? ""))];
}

/** The places of the series that a formula names. */
export function placesIn(formula: string): number[] {
  return lettersIn(formula).map((letter) => LETTERS.indexOf(letter));
}

/** A formula in which each series is called otherwise, by its place. */
export function renamed(formula: string, nameOf: (place: number) => string): string {
  return formula.replace(NAME, (letter: string) => nameOf(LETTERS.indexOf(letter)));
}

/** A formula after one of the series has gone: the letters behind it move up. */
export function withoutPlace(formula: string, gone: number): string {
  return renamed(formula, (place) => (place === gone ? NOTHING : letterOf(place > gone ? place - 1 : place)));
}

/** A formula over those alone of some series that it names; null where one of them is not there. */
export function narrowed<Series>(formula: string, series: readonly Series[]): { formula: string; series: Series[] } | null {
  const places = placesIn(formula);
  const named = places.flatMap((place) => series[place] ?? []) as Series[];
  return named.length < places.length || places.length === 0 ? null : { formula: renamed(formula, (place) => letterOf(places.indexOf(place))), series: named };
}
