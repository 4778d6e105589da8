import { describe, expect, it } from "vitest";
import { freeName } from "./sharing";

describe("the name of a copy", () => {
  it("is that of the view", () => expect(freeName("Night", ["Day"])).toBe("Night"));
  it("has a number where one has such a view", () => expect(freeName("Night", ["Night", "Night (2)"])).toBe("Night (3)"));
  it("is never longer than a name may be", () => expect(freeName("x".repeat(100), ["x".repeat(100)])).toHaveLength(98));
});
