import { expect, test } from "vitest";
import { inserted, lacksAcknowledging, noticesIn } from "./templates";

test("a field takes the place of what is selected, and the cursor stands after it", () => {
  expect(inserted("at  today", "where", 3, 3)).toEqual({ written: "at {where} today", caret: 10 });
  expect(inserted("at XX today", "where", 3, 5)).toEqual({ written: "at {where} today", caret: 10 });
});

test("a text without the link to acknowledge is told, where its kind has one", () => {
  expect(lacksAcknowledging(["what", "acknowledge"], "{what}")).toBe(true);
  expect(lacksAcknowledging(["what", "acknowledge"], "{what} {acknowledge}")).toBe(false);
  expect(lacksAcknowledging(["what"], "{what}")).toBe(false);
});

test("each notice of the log is offered once", () => {
  const log = [3, 3, 2, 3, 1].map((notice) => ({ notice }) as never);
  expect(noticesIn(log).map(({ notice }) => notice)).toEqual([3, 2, 1]);
});
