import { describe, expect, it } from "vitest";
import { likelyChannel, suggestedKey, suggestedKeys } from "./keys";

describe("a suggested key", () => {
  it.each([
    ["vazao_saida1", "vazao_saida1"],
    ["Vazão de saída 1", "vazao_de_saida_1"],
    ["TankLevel", "tank_level"],
    ["Motor/Drehzahl [1/min]", "motor_drehzahl_1_min"],
    ["水位", "value"],
    ["x".repeat(80), "x".repeat(64)],
  ])("of %s is %s", (name, key) => {
    expect(suggestedKey(name)).toBe(key);
  });

  it("is given once only", () => {
    expect(suggestedKeys(["Level", "level", "Level"], ["level_2"])).toEqual(["level", "level_3", "level_4"]);
  });
});

describe("the likely channel", () => {
  const channels = [
    { key: "flow_1", names: ["Vazão de saída 1", "Outlet flow 1"] },
    { key: "level", names: ["Nível do reservatório"] },
  ];

  it("is one of the same key or name", () => {
    expect(likelyChannel("Flow1", channels)?.key).toBe("flow_1");
    expect(likelyChannel("VAZAO_DE_SAIDA_1", channels)?.key).toBe("flow_1");
    expect(likelyChannel("pressure", channels)).toBeUndefined();
  });
});
