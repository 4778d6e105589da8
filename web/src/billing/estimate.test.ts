import { expect, test } from "vitest";
import { isWhole, noGuess, queryOf } from "./estimate";

test("a preview is asked as it is decided, once an amount is typed", () => {
  expect(queryOf(noGuess)).toEqual({});
  expect(queryOf({ ...noGuess, method: "mean" })).toEqual({ estimate: "mean" });
  expect(queryOf({ ...noGuess, method: "stated" })).toEqual({});
  expect(queryOf({ ...noGuess, method: "stated", consumption: "12.5" })).toEqual({ estimate: "stated", consumption: "12.5" });
});

test("a decision needs its reason, and an amount where it is stated", () => {
  expect(isWhole(noGuess)).toBe(true);
  expect(isWhole({ ...noGuess, method: "mean" })).toBe(false);
  expect(isWhole({ ...noGuess, method: "mean", reason: "no access" })).toBe(true);
  expect(isWhole({ method: "stated", consumption: "-1", reason: "no access" })).toBe(false);
  expect(isWhole({ method: "stated", consumption: "12.5", reason: " " })).toBe(false);
});
