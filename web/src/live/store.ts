/**
 * Live values: one EventSource for the devices on screen, one store for all components.
 *
 * The server sends the newest values since a cursor, so that after a pause nothing is missed and nothing piles up. Of each
 * series a short tail is kept for charts. What arrives is told once per frame, whatever its rate. Ages are told by one
 * clock that ticks once a second: the server's, because a phone or an operator's desk may be minutes off.
 */

import type { Alarm } from "../alarms/alarms";
import { presence, type Presence } from "../format";
import { Rhythm } from "./rhythm";

export interface Reading {
  device: string;
  channel: string;
  series: number;
  t: number;
  value: number | null;
  quality: string;
}

/** The newest values, and when the server was last heard; ms since 1970 by its clock. */
export interface Last {
  at: number;
  readings: readonly Reading[];
}

export type Connection = "connecting" | "live" | "lost";

const TAIL = 2_000;
const NOBODY = "~"; // no device has this key: only signs of life are heard
const LOST_AFTER_MS = 12_000; // the server says something every 5 s
const REOPEN_AFTER_MS = 10_000; // a network that was cut leaves a connection that looks open for ever
const CLOCK_TOLERANCE_MS = 2_000; // less is network and rounding
const MOST_RECALLED = 2_000; // series whose newest values are kept for a time without a connection
const KEPT_WATCHED = 40; // devices that have left the screen, listened to until others come: scrolling back is no new request

export class LiveStore {
  private readonly readings = new Map<number, Reading>();
  private readonly tails = new Map<number, Reading[]>();
  private readonly newestOf = new Map<string, number>();
  private readonly rhythms = new Map<string | number, Rhythm>();
  private readonly known = new Set<string>();
  private readonly changed = new Set<number>();
  private readonly seriesListeners = new Map<number, Set<() => void>>();
  private readonly anyListeners = new Set<() => void>();
  private readonly backListeners = new Set<() => void>();
  private readonly refusedListeners = new Set<() => void>();
  private readonly commandListeners = new Set<() => void>();
  private readonly alarmListeners = new Set<(alarm: Alarm) => void>();
  private readonly watched = new Map<string, number>();
  private source: EventSource | null = null;
  private following: ReadonlySet<string> = new Set();
  private planned: ReturnType<typeof setTimeout> | undefined;
  private heardAt = 0;
  private openedAt = 0;
  private clockOffset = 0;
  private isAllowed = false;
  connection: Connection = "connecting";
  lostAt: number | null = null;
  /** ms since 1970 by the server's clock, as of the last tick */
  now = Date.now();

  constructor(
    private readonly open: (url: string) => EventSource = (url) => new EventSource(url),
    private readonly nextFrame: (draw: () => void) => void = (draw) => void requestAnimationFrame(draw),
    private readonly recall: () => Last | null = () => null,
  ) {
    setInterval(() => this.tick(), 1000);
  }

  /** Connect: somebody has signed in who may see devices. */
  start(): void {
    if (this.isAllowed) return;
    this.isAllowed = true;
    this.plan();
  }

  /** The session has ended. What is on screen is no longer current. */
  stop(): void {
    if (!this.isAllowed) return;
    this.isAllowed = false;
    clearTimeout(this.planned);
    this.source?.close();
    this.source = null;
    this.lost();
  }

  /** Readings that came by another way than the stream, with the server's time. */
  feed(readings: readonly Reading[], now: number): void {
    const offset = now - Date.now();
    this.clockOffset = Math.abs(offset) < CLOCK_TOLERANCE_MS ? 0 : offset;
    this.take(readings);
    this.watched.forEach((_, device) => this.known.add(device));
    this.heard();
  }

  /** That way has failed: what is on screen is no longer current. */
  feedEnded(): void {
    this.lost();
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

  /** ms since 1970 by the server's clock, this very moment */
  get clock(): number {
    return Date.now() + this.clockOffset;
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

  /** Whether the server has told what it has of a device; before that, no value does not mean none. */
  isKnown(device: string): boolean {
    return this.newestOf.has(device) || this.known.has(device);
  }

  /** Ask for the values of devices; ends when all are known, or when the server cannot be reached. */
  async ask(devices: readonly string[]): Promise<void> {
    const end = this.watch(devices);
    await new Promise<void>((go) => {
      const look = () => {
        if (this.connection !== "lost" && !devices.every((device) => this.isKnown(device))) return;
        stop();
        go();
      };
      const stop = this.onAny(look);
      look();
    });
    end();
  }

  /** Whether a device still speaks, measured by how often it usually does. */
  presence(device: string): Presence {
    return presence(this.newestOf.get(device), this.now, this.rhythms.get(device)?.intervalMs);
  }

  /** Whether a series' newest value is still current, measured by how often the series usually has one. */
  isCurrent(series: number): boolean {
    const reading = this.readings.get(series);
    return reading !== undefined && presence(reading.t, this.now, this.rhythms.get(series)?.intervalMs) === "live";
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

  /** When a lost connection stands again: whatever was asked for meanwhile may have failed. */
  onBack = (listener: () => void): (() => void) => {
    this.backListeners.add(listener);
    return () => this.backListeners.delete(listener);
  };

  /** When the server has answered that it will not send: the session may have ended. */
  onRefused = (listener: () => void): (() => void) => {
    this.refusedListeners.add(listener);
    return () => this.refusedListeners.delete(listener);
  };

  /** When a command to one of the devices on screen has come further. */
  onCommand = (listener: () => void): (() => void) => {
    this.commandListeners.add(listener);
    return () => this.commandListeners.delete(listener);
  };

  /** When an alarm of any device that one may see has changed. */
  onAlarm = (listener: (alarm: Alarm) => void): (() => void) => {
    this.alarmListeners.add(listener);
    return () => this.alarmListeners.delete(listener);
  };

  /** What is worth keeping for the next time that the app opens; nothing before the server has been heard. */
  get last(): Last | null {
    return this.heardAt > 0 ? { at: this.heardAt + this.clockOffset, readings: [...this.readings.values()].slice(-MOST_RECALLED) } : null;
  }

  private plan(): void {
    clearTimeout(this.planned);
    if (!this.isAllowed) return;
    this.planned = setTimeout(() => this.follow(), 50);
  }

  private follow(): void {
    const isHeard = this.source !== null && [...this.watched.keys()].every((device) => this.following.has(device));
    if (isHeard && this.following.size <= this.watched.size + KEPT_WATCHED) return;
    this.following = new Set([...this.watched.keys(), ...this.following].slice(0, this.watched.size + KEPT_WATCHED));
    const wanted = [...this.following].sort().join(",") || NOBODY;
    this.source?.close();
    this.source = null;
    this.openedAt = Date.now();
    let isFirst = true;
    const source = this.open(`/api/v1/live?since=0&alarms=true&device=${encodeURIComponent(wanted)}`);
    source.addEventListener("readings", (event) => {
      const { readings } = JSON.parse((event as MessageEvent<string>).data) as { readings: Reading[] };
      this.take(readings);
      this.tellAll();
      this.heard();
    });
    source.addEventListener("status", (event) => {
      const { now } = JSON.parse((event as MessageEvent<string>).data) as { now: string };
      const offset = Date.parse(now) - Date.now();
      this.clockOffset = Math.abs(offset) < CLOCK_TOLERANCE_MS ? 0 : offset;
      if (!isFirst) this.tellAll(); // the first comes before the values, the second only if there are none
      isFirst = false;
      this.heard();
    });
    source.addEventListener("command", () => this.commandListeners.forEach((listener) => listener()));
    source.addEventListener("alarm", (event) => {
      const { alarm } = JSON.parse((event as MessageEvent<string>).data) as { alarm: Alarm };
      this.alarmListeners.forEach((listener) => listener(alarm));
    });
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED && this.source === source) {
        this.source = null;
        setTimeout(() => this.plan(), 2000);
        this.refusedListeners.forEach((listener) => listener());
      }
      this.lost();
    });
    this.source = source;
  }

  private take(readings: readonly Reading[]): void {
    for (const reading of readings) {
      this.readings.set(reading.series, reading);
      this.follows(reading);
      const tail = this.tails.get(reading.series) ?? [];
      if (tail.length === 0 || (tail.at(-1)?.t ?? 0) < reading.t) {
        tail.push(reading);
        if (tail.length > TAIL) tail.splice(0, tail.length - TAIL);
        this.tails.set(reading.series, tail);
      }
      if (this.changed.size === 0) this.nextFrame(this.tell);
      this.changed.add(reading.series);
    }
  }

  /** A listener of many series hears once of all that changed. */
  private readonly tell = (): void => {
    const listeners = new Set<() => void>();
    for (const series of this.changed) this.seriesListeners.get(series)?.forEach((listener) => listeners.add(listener));
    this.changed.clear();
    listeners.forEach((listener) => listener());
  };

  private tellAll(): void {
    const isNew = [...this.following].some((device) => !this.known.has(device));
    if (!isNew) return;
    this.following.forEach((device) => this.known.add(device));
    this.anyListeners.forEach((listener) => listener());
  }

  private follows({ device, series, t }: Reading): void {
    this.beat(series, t);
    if (t <= (this.newestOf.get(device) ?? -Infinity)) return;
    this.newestOf.set(device, t);
    this.beat(device, t);
  }

  private beat(whose: string | number, at: number): void {
    const rhythm = this.rhythms.get(whose) ?? new Rhythm();
    this.rhythms.set(whose, rhythm);
    rhythm.beat(at);
  }

  private heard(): void {
    this.heardAt = Date.now();
    if (this.connection !== "live") {
      if (this.connection === "lost") this.backListeners.forEach((listener) => listener());
      this.connection = "live";
      this.lostAt = null;
      this.anyListeners.forEach((listener) => listener());
    }
  }

  private lost(): void {
    if (this.connection === "lost") return;
    this.connection = "lost";
    const last = this.heardAt === 0 ? this.recall() : null; // the app was opened without a connection
    if (last !== null) this.take(last.readings);
    this.lostAt = last?.at ?? (this.heardAt || Date.now()) + this.clockOffset;
    this.anyListeners.forEach((listener) => listener());
  }

  private reopen(): void {
    this.source?.close();
    this.source = null;
    this.follow();
  }

  private tick(): void {
    this.now = this.clock;
    if (this.connection === "live" && Date.now() - this.heardAt > LOST_AFTER_MS) this.lost();
    if (this.isAllowed && this.connection === "lost" && Date.now() - this.openedAt > REOPEN_AFTER_MS) this.reopen();
    this.anyListeners.forEach((listener) => listener());
  }
}
