/** How often a device or a series reports, learnt from its newest readings: the median of the last few distances. */

const REMEMBERED = 5;
const ENOUGH = 2; // one distance may be a back-fill or a restart

export class Rhythm {
  private last: number | undefined;
  private readonly distances: number[] = [];

  /** A newer reading, event time in ms. */
  beat(at: number): void {
    if (this.last !== undefined && at <= this.last) return;
    if (this.last !== undefined) this.distances.push(at - this.last);
    if (this.distances.length > REMEMBERED) this.distances.shift();
    this.last = at;
  }

  get intervalMs(): number | undefined {
    if (this.distances.length < ENOUGH) return undefined;
    return [...this.distances].sort((one, other) => one - other)[Math.floor(this.distances.length / 2)];
  }
}
