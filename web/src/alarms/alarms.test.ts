import { describe, expect, it } from "vitest";
import { actionOf, type Alarm, inOrder, possible, summary, withNews } from "./alarms";

function alarm(id: number, more: Partial<Alarm> = {}): Alarm {
  return {
    id,
    rule: 1,
    name: "Level",
    limit: "hi",
    device: "tank",
    device_name: "Tank",
    site: 1,
    zone: "America/Sao_Paulo",
    priority: "medium",
    state: "unacknowledged",
    is_active: true,
    is_acknowledged: false,
    is_first_out: false,
    is_latching: false,
    raised_at: `2026-01-01T00:00:0${id}Z`,
    cleared_at: null,
    away_until: null,
    reason: "",
    signal: 9,
    limit_value: 7,
    changed_at: "2026-01-01T00:00:00Z",
    ...more,
  };
}
const ids = (alarms: readonly Alarm[]) => alarms.map(({ id }) => id);
const seen = { state: "acknowledged", is_acknowledged: true } as const;

describe("alarms", () => {
  it("come by priority, then unacknowledged, then newest", () => {
    expect(ids(inOrder([alarm(1), alarm(2, seen), alarm(3), alarm(4, { priority: "critical", ...seen })]))).toEqual([4, 3, 1, 2]);
  });

  it("leave the list when they no longer stand, and come into it when they do", () => {
    expect(ids(withNews([alarm(1), alarm(2)], alarm(1, { state: "normal" })))).toEqual([2]);
    expect(ids(withNews([alarm(1)], alarm(2)))).toEqual([1, 2]);
  });

  it("are counted, with the worst of those that wait", () => {
    expect(summary([alarm(1), alarm(2, { priority: "high", ...seen })])).toEqual({ waiting: 1, standing: 2, worst: "medium" });
    expect(summary([])).toEqual({ waiting: 0, standing: 0, worst: null });
  });

  it("say what can be done with them", () => {
    const latched = alarm(2, { state: "latched", is_acknowledged: true });
    expect(ids(possible("acknowledge", [alarm(1), latched]))).toEqual([1]);
    expect(ids(possible("reset", [alarm(1), latched]))).toEqual([2]);
    expect(ids(possible("unshelve", [alarm(1), alarm(3, { state: "shelved" })]))).toEqual([3]);
  });

  it("are worked with by keys, but not while a text is typed", () => {
    expect([actionOf("a", false, false), actionOf("a", true, false), actionOf("a", false, true), actionOf("x", false, false)]).toEqual(["acknowledge", null, null, null]);
  });
});
