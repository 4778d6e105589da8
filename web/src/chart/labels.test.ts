import { describe, expect, it } from "vitest";
import type { Channel } from "../api/client";
import { numberLabels, stateLabels, timeLabels, wholeNumbers } from "./labels";

describe("labels of an axis", () => {
  it("tell neighbours apart, however large the numbers", () => {
    expect(numberLabels([123_456.5, 123_457], 0.5, "en")).toEqual(["123,456.5", "123,457"]);
    expect(numberLabels([0.001, 0.002], 0.001, "pt-BR")).toEqual(["0,001", "0,002"]);
    expect(numberLabels([23.75, 24, 24.25], 0.25, "pt-BR")).toEqual(["23,75", "24", "24,25"]);
    expect(numberLabels([2.5, 5], 2.5, "en")).toEqual(["2.5", "5"]);
    expect(numberLabels([0, 20], 20, "en")).toEqual(["0", "20"]);
    expect(numberLabels([0, 2.5e12], 2.5e12, "en")).toEqual(["0E0", "2.5E12"]);
  });

  it("break a state's text between words", () => {
    const channel = { kind: "state", precision: null, states: { "0": "parada por falha térmica" } } as unknown as Channel;
    const own = (text: string | Record<string, string>) => (typeof text === "string" ? text : "");
    expect(stateLabels([0], channel, "pt-BR", own)).toEqual(["parada por\nfalha térmica"]);
  });

  it("are at whole numbers for states", () => {
    expect([wholeNumbers(-0.1, 1.1), wholeNumbers(0.2, 0.8), wholeNumbers(0, 24)]).toEqual([[0, 1], [], [0, 3, 6, 9, 12, 15, 18, 21, 24]]);
  });

  it("tell the day where it begins, in the device's own zone", () => {
    const midnight = Date.parse("2026-03-02T03:00:00Z") / 1000;
    expect(timeLabels([midnight - 3600, midnight], 3600, "en", "America/Sao_Paulo")).toEqual(["23:00", "Mar 2"]);
    expect(timeLabels([midnight], 86_400, "pt-BR", "America/Sao_Paulo")).toEqual(["2 mar."]);
    expect(timeLabels([midnight - 5], 5, "en", "America/Sao_Paulo")).toEqual(["23:59:55"]);
  });
});
