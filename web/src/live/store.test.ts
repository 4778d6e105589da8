import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LiveStore } from "./store";

class Source extends EventTarget {
  static readonly opened: Source[] = [];
  readyState = 1;
  constructor(readonly url: string) {
    super();
    Source.opened.push(this);
  }
  close() {
    this.readyState = 2;
  }
  send(kind: string, content: unknown) {
    this.dispatchEvent(Object.assign(new Event(kind), { data: JSON.stringify(content) }));
  }
}

const reading = (series: number, t: number, device = "a") => ({ device, channel: "c", series, t, value: t, quality: "good" });

describe("the live store", () => {
  let frames: (() => void)[] = [];
  let live: LiveStore;
  const source = () => {
    const opened = Source.opened.at(-1);
    if (opened === undefined) throw new Error("no connection was opened");
    return opened;
  };

  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
    vi.stubGlobal("EventSource", { CLOSED: 2 });
    frames = [];
    Source.opened.length = 0;
    live = new LiveStore(
      (url) => new Source(url) as unknown as EventSource,
      (draw) => frames.push(draw),
    );
    live.start();
    live.watch(["a"]);
    vi.advanceTimersByTime(100);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("tells a listener once per frame, however much came", () => {
    const chart = vi.fn();
    [1, 2, 3].forEach((series) => live.onSeries(series, chart));
    for (let t = 1; t <= 100; t += 1) source().send("readings", { readings: [reading(1, t), reading(2, t), reading(3, t)] });
    expect(chart).not.toHaveBeenCalled();
    expect(frames).toHaveLength(1);
    frames.forEach((draw) => draw());
    expect(chart).toHaveBeenCalledTimes(1);
    expect(live.reading(2)?.value).toBe(100);
    expect(live.tail(3)).toHaveLength(100);
    source().send("readings", { readings: [reading(1, 101)] });
    expect(frames).toHaveLength(2);
  });

  it("knows that a device has no reading only once the server has told", () => {
    expect(live.isKnown("a")).toBe(false);
    source().send("status", { now: new Date().toISOString() });
    expect(live.isKnown("a")).toBe(false);
    source().send("status", { now: new Date().toISOString() });
    expect([live.isKnown("a"), live.presence("a")]).toEqual([true, "never"]);
  });

  it("takes silence for a loss, opens anew, and tells when it is back", () => {
    const back = vi.fn();
    live.onBack(back);
    source().send("status", { now: new Date().toISOString() });
    expect(live.connection).toBe("live");
    vi.advanceTimersByTime(14_000);
    expect(live.connection).toBe("lost");
    vi.advanceTimersByTime(12_000);
    expect(Source.opened.length).toBeGreaterThan(1);
    expect(back).not.toHaveBeenCalled();
    source().send("status", { now: new Date().toISOString() });
    expect([live.connection, live.lostAt, back.mock.calls.length]).toEqual(["live", null, 1]);
  });

  it("asks nothing while nobody is signed in, and holds what it has for old", () => {
    source().send("status", { now: new Date().toISOString() });
    live.stop();
    expect([live.connection, source().readyState]).toEqual(["lost", 2]);
    const opened = Source.opened.length;
    vi.advanceTimersByTime(60_000);
    expect(Source.opened).toHaveLength(opened);
    live.start();
    vi.advanceTimersByTime(100);
    source().send("status", { now: new Date().toISOString() });
    expect(live.connection).toBe("live");
  });

  it("tells time by the server's clock", () => {
    source().send("status", { now: new Date(1_000_000 + 3_600_000).toISOString() });
    expect(live.clock - Date.now()).toBeGreaterThan(3_500_000);
    expect(live.lostAt).toBeNull();
  });

  it("calls a value current by the rhythm of its own series", () => {
    for (let n = 0; n < 5; n += 1) source().send("readings", { readings: [reading(1, 1_000_000 + n * 1_000), ...(n === 0 ? [reading(2, 1_000_000)] : [])] });
    const until = (ms: number) => {
      for (let passed = 0; passed < ms; passed += 5_000) {
        vi.advanceTimersByTime(5_000);
        source().send("status", { now: new Date().toISOString() });
      }
    };
    expect(live.isCurrent(3)).toBe(false);
    until(90_000);
    expect([live.isCurrent(1), live.isCurrent(2)]).toEqual([false, true]);
    until(600_000);
    expect(live.isCurrent(2)).toBe(false);
  });
});
