/** The room that charts below each other give to their left axes: the widest need decides, so that their times line up. */
export class Gutter<Chart> {
  private readonly needs = new Map<Chart, number>();

  constructor(private readonly redraw: (chart: Chart) => void) {}

  /** Tell what a chart needs; the result is what it gets. The others draw anew if that changes what they get. */
  share(chart: Chart, need: number): number {
    const before = this.width;
    this.needs.set(chart, Math.ceil(need));
    this.settle(before, chart);
    return this.width;
  }

  leave(chart: Chart): void {
    const before = this.width;
    this.needs.delete(chart);
    this.settle(before, chart);
  }

  private settle(before: number, changed: Chart): void {
    if (this.width === before) return;
    const others = [...this.needs.keys()].filter((chart) => chart !== changed);
    queueMicrotask(() => others.filter((chart) => this.needs.has(chart)).forEach(this.redraw));
  }

  private get width(): number {
    return Math.max(0, ...this.needs.values());
  }
}
