import { beforeAll, describe, expect, it } from "vitest";
import { formatTime } from "../format";
import { loadTexts, translate } from "../i18n";
import { changesOf } from "./changes";
import { partText, valueText, type Words } from "./changeWords";

describe("the changes of an entry", () => {
  it("are told part by part, without what stayed or was never set", () => {
    expect(changesOf('{"name": "a", "note": ""}', '{"name": "b", "note": ""}')).toEqual([{ path: ["name"], before: "a", after: "b" }]);
    expect(changesOf("", '{"site_id": 3, "scopes": ["view"], "x": null}')).toEqual([
      { path: ["site_id"], before: undefined, after: 3 },
      { path: ["scopes"], before: undefined, after: ["view"] },
    ]);
  });

  it("go down to the value that differs", () => {
    const rule = (value: number) => JSON.stringify({ definition: { limits: { hi: value }, latching: false, schedule: [{ days: ["mon"], from: "06:00" }] } });
    expect(changesOf(rule(85), rule(90.5))).toEqual([{ path: ["definition", "limits", "hi"], before: 85, after: 90.5 }]);
    expect(changesOf("", rule(85)).at(-1)).toEqual({ path: ["definition", "schedule", "1", "from"], before: undefined, after: "06:00" });
  });

  it("are none where the side after says nothing of a part", () => {
    expect(changesOf('{"author": "Ana", "limits": {"hi": 1, "lo": 0}}', '{"limits": {"hi": 1}}')).toEqual([{ path: ["limits", "lo"], before: 0, after: undefined }]);
    expect(changesOf('{"author": "Ana"}', "")).toEqual([{ path: ["author"], before: "Ana", after: undefined }]);
  });

  it("are what was written, where that is no JSON", () => {
    expect(changesOf("{'path': 1", "")).toEqual([{ path: [], before: "{'path': 1", after: undefined }]);
    expect(changesOf("", "")).toEqual([]);
  });
});

describe("a change", () => {
  beforeAll(() => loadTexts("pt-BR"));
  const words: Words = { t: (key, values) => translate("pt-BR", key, values), language: "pt-BR", time: (at) => formatTime(at, "pt-BR", "UTC"), site: (id) => (id === 3 ? "ETA Norte" : undefined) };
  const said = (name: string, value: Parameters<typeof valueText>[1]) => valueText([name], value, words);

  it("says which part it is of in the person's words", () => {
    expect(partText(["definition", "limits", "hi"], words.t)).toBe("definição › limites › alto");
    expect(partText(["brand_new"], words.t)).toBe("brand new");
  });

  it("says yes and no, numbers and moments as one writes them", () => {
    expect([true, false, null, "", []].map((value) => said("is_enabled", value))).toEqual(["sim", "não", "—", "—", "—"]);
    expect([said("maximum", 1234.5), said("amount", "12.50"), said("max_flow", 0.1)]).toEqual(["1.234,5", "12,50", "0,1"]);
    expect(said("position", [-23.55, -46.63])).toBe("-23,55; -46,63");
    expect([said("serial", "12.50"), said("person_id", 12345), said("version", "1.10")]).toEqual(["12.50", "12345", "1.10"]);
    expect([said("valid_from", "2026-07-01"), said("month", "2026-07")]).toEqual(["01/07/2026", "julho de 2026"]);
    expect(said("expires_at", "2026-07-01 12:00:00+00:00")).toMatch(/^0[12]\/07\/2026, \d\d:\d\d:\d\d$/);
  });

  it("calls what is chosen as its own page does", () => {
    expect(said("owner", "person 2")).toBe("pessoa 2");
    expect([said("role", "engineer"), said("scopes", ["view", "operate"]), said("priority", "high")]).toEqual(["Engenheiro", "ver, comandar", words.t("priority.high")]);
    expect([said("language", "pt-BR"), said("language", "klingon")]).toEqual(["português (Brasil)", "klingon"]);
    expect([said("site_id", 3), said("site_id", 99)]).toEqual(["ETA Norte", "99"]);
  });

  it("of many is told by the first of them", () => {
    expect(said("devices", Array.from({ length: 1_012 }, (_, n) => `d${n}`))).toBe("d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, d10, d11 e mais 1.000");
  });
});
