/**
 * Live values: one EventSource for the devices on screen, one store for all components.
 *
 * The server sends the newest values since a cursor, so that after a pause nothing is missed and nothing piles up. Of each
 * series a short tail is kept for charts. Ages are told by one clock that ticks once a second.
 */

export interface Reading {
  device: string;
  channel: string;
  series: number;
  t: number;
  value: number | null;
  quality: string;
}

export type Connection = "connecting" | "live" | "lost";

const TAIL = 2_000;
const NOBODY = "~"; // no device has this key: only signs of life are heard
const LOST_AFTER_MS = 12_000; // the server says something every 5 s

export class LiveStore {
  private readonly readings = new Map<number, Reading>();
  private readonly tails = new Map<number, Reading[]>();
  private readonly newestOf = new Map<string, number>();
  private readonly seriesListeners = new Map<number, Set<() => void>>();
  private readonly anyListeners = new Set<() => void>();
  private readonly watched = new Map<string, number>();
  private source: EventSource | null = null;
  private following = "";
  private planned: ReturnType<typeof setTimeout> | undefined;
  private heardAt = 0;
  connection: Connection = "connecting";
  lostAt: number | null = null;
  now = Date.now();

  constructor(private readonly open: (url: string) => EventSource = (url) => new EventSource(url)) {
    setInterval(() => this.tick(), 1000);
    this.plan();
  }

  /** Ask for a device's values; call the result when they are no longer on screen. */
  watch(devices: readonly string[]): () => void {
    for (const device of devices) this.watched.set(device, (this.watched.get(device) ?? 0) + 1);
    this.plan();
    return () => {
      for (const device of devices) {
        const left = (this.watched.get(device) ?? 1) - 1;
        if (left === 0) this.watched.delete(device);
        else this.watched.set(device, left);
      }
      this.plan();
    };
  }

  reading(series: number): Reading | undefined {
    return this.readings.get(series);
  }

  tail(series: number): readonly Reading[] {
    return this.tails.get(series) ?? [];
  }

  newest(device: string): number | undefined {
    return this.newestOf.get(device);
  }

  onSeries = (series: number, listener: () => void): (() => void) => {
    const listeners = this.seriesListeners.get(series) ?? new Set();
    this.seriesListeners.set(series, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  };

  onAny = (listener: () => void): (() => void) => {
    this.anyListeners.add(listener);
    return () => this.anyListeners.delete(listener);
  };

  private plan(): void {
    clearTimeout(this.planned);
    this.planned = setTimeout(() => this.follow(), 50);
  }

  private follow(): void {
    const wanted = [...this.watched.keys()].sort().join(",") || NOBODY;
    if (wanted === this.following && this.source !== null) return;
    this.following = wanted;
    this.source?.close();
    this.source = null;
    const source = this.open(`/api/v1/live?since=0&device=${encodeURIComponent(wanted)}`);
    source.addEventListener("readings", (event) => {
      const { readings } = JSON.parse((event as MessageEvent<string>).data) as { readings: Reading[] };
      this.take(readings);
      this.heard();
    });
    source.addEventListener("status", () => this.heard());
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) {
        this.source = null;
        setTimeout(() => this.follow(), 2000);
      }
      this.lost();
    });
    this.source = source;
  }

  private take(readings: readonly Reading[]): void {
    for (const reading of readings) {
      this.readings.set(reading.series, reading);
      this.newestOf.set(reading.device, Math.max(reading.t, this.newestOf.get(reading.device) ?? 0));
      const tail = this.tails.get(reading.series) ?? [];
      if (tail.length === 0 || (tail.at(-1)?.t ?? 0) < reading.t) {
        tail.push(reading);
        if (tail.length > TAIL) tail.splice(0, tail.length - TAIL);
        this.tails.set(reading.series, tail);
      }
      this.seriesListeners.get(reading.series)?.forEach((listener) => listener());
    }
  }

  private heard(): void {
    this.heardAt = Date.now();
    if (this.connection !== "live") {
      this.connection = "live";
      this.lostAt = null;
      this.anyListeners.forEach((listener) => listener());
    }
  }

  private lost(): void {
    if (this.connection === "lost") return;
    this.connection = "lost";
    this.lostAt = this.heardAt || Date.now();
    this.anyListeners.forEach((listener) => listener());
  }

  private tick(): void {
    this.now = Date.now();
    if (this.connection === "live" && this.source !== null && this.now - this.heardAt > LOST_AFTER_MS) this.lost();
    this.anyListeners.forEach((listener) => listener());
  }
}
