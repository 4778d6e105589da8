import { expect, test } from "vitest";
import { widthOnPaper } from "./printing";

test("what fills the page fills the paper, and a half stays a half", () => {
  expect(widthOnPaper(1192, 1192, false)).toBe(718);
  expect(widthOnPaper(596, 1192, false)).toBe(359);
  expect(widthOnPaper(1192, 1192, true)).toBe(1047);
  expect(widthOnPaper(366, 366, false)).toBe(718);
});
