import { expect, it } from "vitest";
import { monthsUntil, spanOf } from "./months";

it("goes back over the turn of the year, and a month ends with the next or now", () => {
  const now = new Date(2026, 0, 15, 12);
  expect(monthsUntil(now)).toEqual(["2026-01", "2025-12", "2025-11"]);
  expect(spanOf("2025-12", now)).toEqual({ from: new Date(2025, 11, 1).toISOString(), to: new Date(2026, 0, 1).toISOString() });
  expect(spanOf("2026-01", now).to).toBe(now.toISOString());
});
