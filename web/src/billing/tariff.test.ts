import { expect, it } from "vitest";
import { Problem } from "../api/client";
import { faultIn, keyIn, underKey, versionDays } from "./tariff";

it.each([
  ["key: agua\nunit: m³", "agua"],
  ['unit: m³\nkey: "agua_2"', "agua_2"],
  ["key: Água", ""],
  ["  key: inner", ""],
  ["", ""],
])("the key of %j is %j", (text, key) => expect(keyIn(text)).toBe(key));

it("a tariff begins from another one under a key of its own", () => {
  expect(underKey("key: agua\nname: {pt: key}\n", "agua_$1")).toBe("key: agua_$1\nname: {pt: key}\n");
});

it("a fault stands at the line that the server names", () => {
  expect(faultIn(new Problem(422, "agua: not a number", "refused", 0, { line: "7" }))).toEqual({ line: 7, text: "agua: not a number" });
  expect(faultIn(new Problem(409, "newer", "conflict"))).toBeNull();
  expect(faultIn(null)).toBeNull();
});

it("versions are told by their days, the newest first", () => {
  expect(versionDays({ versions: [{ valid_from: "2025-01-01" }, { valid_from: "2026-01-01" }] })).toEqual(["2026-01-01", "2025-01-01"]);
  expect(versionDays({})).toEqual([]);
});
