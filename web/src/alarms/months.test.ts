import { expect, it } from "vitest";
import { monthsUntil, spanOf } from "./months";

const ZONE = "America/Sao_Paulo";

it("goes back over the turn of the year, and a month ends with the next or now", () => {
  const now = Date.parse("2026-01-15T12:00:00-03:00");
  expect(monthsUntil(now, ZONE)).toEqual(["2026-01", "2025-12", "2025-11"]);
  expect(spanOf("2025-12", now, ZONE)).toEqual({ from: "2025-12-01T03:00:00.000Z", to: "2026-01-01T03:00:00.000Z" });
  expect(spanOf("2026-01", now, ZONE).to).toBe(new Date(now).toISOString());
});

it("begins a month where the plant stands, whatever the clock of who looks shows", () => {
  const turn = Date.parse("2026-02-01T01:00:00Z");
  expect([monthsUntil(turn, ZONE)[0], monthsUntil(turn, "Asia/Tokyo")[0]]).toEqual(["2026-01", "2026-02"]);
});
