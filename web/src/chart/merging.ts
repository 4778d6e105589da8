/** Tables of different times laid on one ascending axis, as uPlot wants them. Where a table has no row, it has `undefined`. */

import type uPlot from "uplot";

type Column = (number | null | undefined)[];

export interface Table {
  x: readonly number[];
  columns: readonly Column[];
}

export function merged(tables: readonly Table[]): uPlot.AlignedData {
  const [first] = tables;
  if (first === undefined) return [[]];
  if (tables.every(({ x }) => isSame(x, first.x))) return [first.x as number[], ...tables.flatMap(({ columns }) => columns as Column[])];
  const x = axisOf(tables);
  return [x, ...tables.flatMap((table) => onto(x, table))];
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false;
  return true;
}

/** All times once, ascending. Typed arrays sort numbers without a function to compare them. */
function axisOf(tables: readonly Table[]): number[] {
  const all = new Float64Array(tables.reduce((sum, { x }) => sum + x.length, 0));
  let place = 0;
  for (const { x } of tables) {
    all.set(x, place);
    place += x.length;
  }
  all.sort();
  const found: number[] = [];
  let last = NaN;
  for (const at of all) {
    if (at !== last) found.push(at);
    last = at;
  }
  return found;
}

/**
 * A table's columns with a row for each time of the axis. A gap is as long as the table has no value: uPlot leaves out what
 * lies between nulls, and goes straight over undefined.
 */
function onto(axis: readonly number[], { x, columns }: Table): Column[] {
  return columns.map((column) => {
    const placed: Column = new Array<number | null | undefined>(axis.length);
    let row = 0;
    for (let index = 0; index < axis.length; index += 1) {
      if (x[row] === axis[index]) placed[index] = column[row++];
      else placed[index] = column[row - 1] === null || column[row] === null ? null : undefined;
    }
    return placed;
  });
}
