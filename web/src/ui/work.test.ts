import { describe, expect, it } from "vitest";
import { actionOf } from "../validation/keys";
import { after, chosen, stepped, toggled } from "./work";

describe("a list", () => {
  const ids = [1, 2, 3];
  it("is walked down and up, and not left at its ends", () => {
    expect(stepped(ids, null, 1)).toBe(1);
    expect(stepped(ids, 1, 1)).toBe(2);
    expect(stepped(ids, 3, 1)).toBe(3);
    expect(stepped(ids, 1, -1)).toBe(1);
    expect(stepped(ids, 99, 1)).toBe(1);
    expect(stepped([], 1, 1)).toBeNull();
  });

  it("goes on at the next one when some are done", () => {
    expect(after(ids, 1, [1])).toBe(2);
    expect(after(ids, 1, [1, 2])).toBe(3);
    expect(after(ids, 3, [3])).toBe(2);
    expect(after(ids, 2, [1, 3])).toBe(2);
    expect(after(ids, 2, [1, 2, 3])).toBeNull();
  });

  it("lets some be chosen together", () => {
    expect(toggled([1], 2)).toEqual([1, 2]);
    expect(toggled([1, 2], 1)).toEqual([2]);
    expect(chosen({ id: 3, ticked: [] })).toEqual([3]);
    expect(chosen({ id: 3, ticked: [1, 2] })).toEqual([1, 2]);
    expect(chosen({ id: null, ticked: [] })).toEqual([]);
  });
});

describe("keys", () => {
  it("mean something only where nothing is typed", () => {
    expect(actionOf("j", false, false)).toBe("next");
    expect(actionOf("ArrowUp", false, false)).toBe("previous");
    expect(actionOf("a", true, false)).toBeNull();
    expect(actionOf("a", false, true)).toBeNull();
    expect(actionOf("q", false, false)).toBeNull();
  });
});
