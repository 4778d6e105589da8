import { expect, it } from "vitest";
import { changedParts } from "./changed";

it("a form says what it changes, and nothing of what it only shows", () => {
  const began = { name: "Pump 1", site_id: 3, position: { latitude: 1, longitude: 2 }, serial: null as string | null };
  expect(changedParts(began, { ...began, position: { latitude: 1, longitude: 2 } })).toEqual({});
  expect(changedParts(began, { ...began, name: "Pump 2", serial: "A1" })).toEqual({ name: "Pump 2", serial: "A1" });
  expect(changedParts({ ...began, serial: "A1" }, began)).toEqual({ serial: null });
});
