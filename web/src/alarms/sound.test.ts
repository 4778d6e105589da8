import { describe, expect, it } from "vitest";
import { PRIORITIES } from "./alarms";
import { BURSTS } from "./horn";
import { heard, raising } from "./sound";

const low = { id: 1, raised_at: "2026-01-31T12:00:00Z", priority: "low" } as const;
const high = { id: 2, raised_at: "2026-01-31T12:00:05Z", priority: "high" } as const;

describe("the sound of alarms", () => {
  it("is that of the highest priority that waits, and of nothing where nothing does", () => {
    expect(heard([low, high], new Set())).toBe("high");
    expect(heard([], new Set())).toBeNull();
  });

  it("is silent for what was silenced, and heard again when that is raised anew", () => {
    const silenced = new Set([low, high].map(raising));
    expect(heard([low, high], silenced)).toBeNull();
    expect(heard([{ ...low, raised_at: "2026-01-31T12:10:00Z" }, high], silenced)).toBe("low");
    expect(heard([low, high, { ...low, id: 3 }], silenced)).toBe("low");
  });

  it("differs for each priority: the more pressing, the more pulses, the higher, the sooner again", () => {
    const told = PRIORITIES.map((one) => BURSTS[one]);
    for (const [more, less] of told.slice(1).map((one, index) => [told[index], one] as const)) {
      expect(more?.tones.length).toBeGreaterThan(less.tones.length);
      expect(more?.tones[0]?.hertz).toBeGreaterThan(less.tones[0]?.hertz ?? 0);
      expect(more?.againAfterS).toBeLessThan(less.againAfterS);
    }
    for (const { tones, againAfterS } of told) expect(Math.max(...tones.map(({ at, length }) => at + length))).toBeLessThan(againAfterS);
  });
});
