import { expect, it } from "vitest";
import { decimalOf, faultOf } from "./decimal";

it.each([
  ["1534,5", "1534.5"],
  ["1534.5", "1534.5"],
  ["1.534,5", "1534.5"],
  ["1,534.5", "1534.5"],
  [" 12 345 ", "12345"],
  ["-0,4", "-0.4"],
  ["1.234.567", "1234567"],
  ["1,234,567", "1234567"],
  ["", null],
  ["  ", null],
])("a typed %s is %s", (typed, expected) => expect(decimalOf(typed)).toBe(expected));

it("a text that is no number is told, before it is sent", () => {
  expect(["abc", "12a", "1.2.3", "-", ","].map((typed) => faultOf(typed, "pt-BR"))).toEqual(Array.from({ length: 5 }, () => ({ kind: "none" })));
  expect(["", "12", "1.", "12,5", "12345,678", "1.234.567", "0.125", "-0,4"].map((typed) => faultOf(typed, "pt-BR"))).toEqual(Array.from({ length: 8 }, () => null));
});

it("what may be thousands or thousandths is not guessed", () => {
  expect(faultOf("12.345", "pt-BR")).toEqual({ kind: "unclear", whole: "12345", part: "12,345" });
  expect(faultOf("12,345", "en")).toEqual({ kind: "unclear", whole: "12345", part: "12.345" });
  expect([faultOf("12,345", "pt-BR"), faultOf("12.345", "en"), faultOf("1534.500", "pt-BR")]).toEqual([null, null, null]);
});
