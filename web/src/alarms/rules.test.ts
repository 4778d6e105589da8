import { describe, expect, it } from "vitest";
import { BLANK, bodyOf, cured, definitionOf, draftOf, draftOfReady, isPlaced } from "./rules";

const write = (value: number) => String(value).replace(".", ",");
const definition = {
  signal: { kind: "value", channel: "level" },
  limits: { hi: { value: 8.5, priority: "high" } },
  deadband: 0.5,
  on_delay_s: 60,
  off_delay_s: 0,
  lasting_s: 0,
  latching: true,
  first_out: "",
  schedule: [{ days: ["mon"], from: "06:00", until: "22:00" }],
};
const rule = { name: "Level", definition, where: { profile: "tank", site_id: null, device: null }, rationalisation: { cause: "c", consequence: "d", action: "a", respond_s: 600 }, is_enabled: true };

describe("a rule's draft", () => {
  it("gives back what was kept, also what the form does not show", () => {
    const draft = draftOf(rule, write);
    expect([draft.scope, draft.limits.hi, draft.deadband, draft.respondMin]).toEqual(["profile", { value: "8,5", priority: "high" }, "0,5", "10"]);
    expect(bodyOf(draft)).toEqual(rule);
  });

  it("has a priority instead of limits where something is either so or not", () => {
    const state = definitionOf({ ...BLANK, kind: "state", channel: "mode", codes: "1, 3", priority: "critical" });
    expect([state.signal, state.limits, state.priority]).toEqual([{ kind: "state", channel: "mode", codes: [1, 3] }, undefined, "critical"]);
    expect(definitionOf({ ...BLANK, kind: "formula", formula: "a > b" }).limits).toBeUndefined();
  });

  it("keeps what a signal of a voltage, of the expected or of the least hour is made of", () => {
    for (const signal of [
      { kind: "voltage_quality", channel: "va", nominal: 13800, measure: "drc", level: "medium" },
      { kind: "expected", channel: "flow", percent: true },
      { kind: "least_hour", channel: "total" },
    ]) {
      const draft = draftOf({ ...rule, definition: { ...definition, signal } }, write);
      expect(definitionOf(draft).signal).toEqual(signal);
    }
  });

  it("keeps the state that suppresses it", () => {
    const suppress_while = { channel: "mode", codes: [0, 2], after_s: 60 };
    expect(definitionOf(draftOf({ ...rule, definition: { ...definition, suppress_while } }, write)).suppress_while).toEqual(suppress_while);
    expect(definitionOf(draftOf(rule, write)).suppress_while).toBeUndefined();
  });

  it("sends what is no number as it was typed, so that the server names the place", () => {
    expect(definitionOf({ ...BLANK, deadband: "some" }).deadband).toBe("some");
  });

  it("begins with a ready rule of a profile, in the person's language", () => {
    const ready = { key: "level", name: { pt: "Nível", en: "Level" }, definition: { signal: { kind: "value", channel: "level" }, limits: { lo: 1 }, priority: "high" }, cause: {}, consequence: {}, action: { pt: "Agir", en: "Act" }, respond_s: null };
    const draft = draftOfReady(ready, "tank", (text) => text.en ?? "", write);
    expect([draft.name, draft.scope, draft.profile, draft.limits.lo, draft.action, draft.cause]).toEqual(["Level", "profile", "tank", { value: "1", priority: "high" }, "Act", ""]);
  });

  it("takes over a cure", () => {
    expect(cured(BLANK, { setting: "on_delay_s", value: 60, alarms: 1, nuisances: 0, lost: 0 }, write).onDelayS).toBe("60");
  });

  it("is for all devices only when that was chosen", () => {
    expect([isPlaced(BLANK), isPlaced({ ...BLANK, scope: "all" }), isPlaced({ ...BLANK, device: "tank-1" })]).toEqual([false, true, true]);
  });
});
