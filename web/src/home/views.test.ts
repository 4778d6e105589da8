import { describe, expect, it } from "vitest";
import { rightsOf } from "../session/session";
import { viewsFor } from "./views";

describe("home", () => {
  const first = (permissions: Parameters<typeof rightsOf>[0]["permissions"]) => viewsFor(rightsOf({ permissions })).first;

  it("begins with the plant for operators and administrators", () => {
    expect(first({ view: [1], operate: [1] })).toBe("operator");
    expect(first({ view: null, operate: null, configure: null, bill: null, administer: null })).toBe("operator");
  });

  it("begins with the health of data for engineers", () => expect(first({ view: [1], operate: [1], configure: [1], bill: [1] })).toBe("engineer"));

  it("begins with consumption for those who only look or bill, and offers them no engineer's view", () => {
    expect(first({ view: [1] })).toBe("manager");
    expect(first({ view: [1], bill: [1] })).toBe("manager");
    expect(viewsFor(rightsOf({ permissions: { view: [1] } })).views).toEqual(["operator", "manager"]);
  });
});
