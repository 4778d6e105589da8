import { expect, it } from "vitest";
import { Gutter } from "./gutter";

it("charts have the same room, and draw anew when another needs more or goes", async () => {
  const redrawn: string[] = [];
  const gutter = new Gutter<string>((chart) => redrawn.push(chart));
  expect(gutter.share("flow", 40.2)).toBe(41);
  expect(gutter.share("state", 110)).toBe(110);
  expect(gutter.share("flow", 41)).toBe(110);
  await Promise.resolve();
  expect(redrawn).toEqual(["flow"]);
  gutter.leave("state");
  await Promise.resolve();
  expect(redrawn).toEqual(["flow", "flow"]);
  expect(gutter.share("flow", 41)).toBe(41);
});
