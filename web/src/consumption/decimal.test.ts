import { expect, it } from "vitest";
import { decimalOf } from "./decimal";

it.each([
  ["1534,5", "1534.5"],
  ["1534.5", "1534.5"],
  ["1.534,5", "1534.5"],
  ["1,534.5", "1534.5"],
  [" 12 345 ", "12345"],
  ["-0,4", "-0.4"],
  ["", null],
  ["  ", null],
])("a typed %s is %s", (typed, expected) => expect(decimalOf(typed)).toBe(expected));
