import { expect, test } from "vitest";
import { beside, type Cleaning, closeTo, goldenTimes, placeOf, type Step, timesOf } from "./cleaningCurves";

const at = (minute: number, second = 0) => new Date(Date.UTC(2026, 0, 31, 9, minute, second)).toISOString();
const ms = (minute: number, second = 0) => Date.parse(at(minute, second));

function step(from: number, to: number, golden: [number, number] | null, more: Partial<Step> = {}): Step {
  const like = golden === null ? null : { from: at(golden[0]), to: at(golden[1]), duration: 1, is_alike: true, temperature_k: null, conductivity_ms_cm: null, flow_m3_h: null, volume_m3: null };
  return { kind: "caustic", from: at(from), to: at(to), golden: like, gaps: [], shortfalls: [], ...more } as unknown as Step;
}

function cleaning(steps: Step[], more: Partial<Cleaning> = {}): Cleaning {
  return { from: steps[0]?.from, to: steps.at(-1)?.to, steps, findings: [], is_golden: false, ...more } as Cleaning;
}

const golden = { t: [ms(0), ms(1), ms(2), ms(3)], value: [10, 20, 40, 40], quality: ["good", "good", "good", "good"], shortestGap: 90_000 };

test("the golden cycle's step is laid where this one's begins, and ends with it", () => {
  const found = beside([ms(29), ms(30), ms(30, 30), ms(31), ms(32), ms(33)], golden, [step(30, 34, [0, 2])]);
  expect(found.value).toEqual([null, 10, 15, 20, null, null]);
});

test("each step of the golden cycle is laid by itself, whatever lay between them", () => {
  const found = beside([ms(30), ms(31), ms(32)], golden, [step(30, 31, [0, 1]), step(31, 33, [2, 3])]);
  expect(found.value).toEqual([10, 40, null]);
});

test("where the golden cycle was not measured, or has no such step, there is nothing beside", () => {
  const holed = { ...golden, t: [ms(0), ms(1), ms(12), ms(13)] };
  expect(beside([ms(30), ms(33)], holed, [step(30, 44, [0, 14])]).value).toEqual([10, null]);
  expect(beside([ms(30)], golden, [step(30, 44, null)]).value).toEqual([null]);
});

test("the golden cycle's time is that of the steps that are compared; it is not laid over itself", () => {
  const steps = [step(30, 31, [0, 1]), step(31, 33, null), step(33, 34, [4, 5])];
  expect(goldenTimes(cleaning(steps))).toEqual({ from: ms(0), to: ms(5) });
  expect(goldenTimes(cleaning(steps, { is_golden: true }))).toBeNull();
  expect(goldenTimes(cleaning([step(30, 31, null)]))).toBeNull();
});

test("a finding is seen in its step: a gap where it was, a residue at the end, a missing step nowhere", () => {
  const one = step(30, 40, null, { gaps: [{ from: at(31), to: at(32) }, { from: at(35), to: at(38) }] });
  const of = (reason: string, step_from: string | null = one.from) => placeOf({ step: "caustic", reason, step_from, reached: null, demanded: null } as never, cleaning([one]));
  expect(of("effective_time")).toEqual(timesOf(one));
  expect(of("gap")).toEqual({ from: ms(35), to: ms(38) });
  expect(of("residue")).toEqual({ from: ms(39), to: ms(40) });
  expect(of("missing_step", null)).toBeNull();
});

test("what is looked at is seen with what lies around it", () => {
  const { from, to } = closeTo({ from: ms(30), to: ms(40) });
  expect([from < ms(30), to > ms(40)]).toEqual([true, true]);
});
