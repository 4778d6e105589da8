import { describe, expect, it } from "vitest";
import type { Entry } from "./entries";
import { clustered, marksOf, ofChannels } from "./marks";

function entry(change: Partial<Entry>): Entry {
  return { id: "1.0.1", kind: "alarm", at: "2026-01-31T12:00:00Z", until: null, what: "raise", text: "Level", channels: ["level"], severity: "high", about: "7", author: "", note: "", ...change };
}

describe("marks above a chart", () => {
  it("are alarms that began and anomalies that are plain, oldest first", () => {
    const found = marksOf([
      entry({ id: "3.1.1", kind: "anomaly", what: "extreme", severity: "warning", at: "2026-01-31T12:03:00Z" }),
      entry({ id: "2.0.2", what: "clear", severity: "info", at: "2026-01-31T12:02:00Z" }),
      entry({ id: "2.1.1", kind: "anomaly", what: "extreme", severity: "info", at: "2026-01-31T12:02:00Z" }),
      entry({ id: "1.0.1" }),
      entry({ id: "0.2.1", kind: "command", what: "command_queued", severity: "info" }),
    ]);
    expect(found.map(({ id }) => id)).toEqual(["1.0.1", "3.1.1"]);
  });

  it("belong to the charts of their channels, and to all where they are about the device", () => {
    const marks = marksOf([entry({ id: "b", channels: [] }), entry({ id: "a", channels: ["level", "flow"] })]);
    expect(ofChannels(marks, ["flow"]).map(({ id }) => id)).toEqual(["b", "a"]);
    expect(ofChannels(marks, ["pressure"]).map(({ id }) => id)).toEqual(["b"]);
  });

  it("become one where there is no room for each, with the shape of the worst", () => {
    const marks = marksOf([
      entry({ id: "c", at: "2026-01-31T13:00:00Z", severity: "low" }),
      entry({ id: "b", at: "2026-01-31T12:01:00Z", severity: "critical" }),
      entry({ id: "a" }),
    ]);
    const found = clustered(marks, 3_600_000, 400);
    expect(found.map((one) => [one.marks.length, one.worst.id])).toEqual([
      [2, "b"],
      [1, "c"],
    ]);
    expect(found[0]).toMatchObject({ from: Date.parse("2026-01-31T12:00:00Z"), to: Date.parse("2026-01-31T12:01:00Z") });
    expect(clustered(marks, 600_000, 400)).toHaveLength(3);
  });
});
