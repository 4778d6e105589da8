import { describe, expect, it } from "vitest";
import { begun, did, redone, undone } from "./past";

describe("what was done", () => {
  it("is undone and done again, step by step", () => {
    const past = did(did(begun("a"), "b"), "c");
    expect(undone(past).now).toBe("b");
    expect(undone(undone(undone(past))).now).toBe("a");
    expect(redone(undone(past)).now).toBe("c");
    expect(redone(past).now).toBe("c");
  });

  it("forgets what was undone once something else is done", () => {
    expect(redone(did(undone(did(begun("a"), "b")), "x")).now).toBe("x");
  });

  it("takes no step when nothing changes", () => {
    expect(undone(did(did(begun({ n: 1 }), { n: 2 }), { n: 2 })).now).toEqual({ n: 1 });
  });

  it("remembers so much and no more", () => {
    let past = begun(0);
    for (let n = 1; n <= 250; n += 1) past = did(past, n);
    expect(past.before).toHaveLength(100);
  });
});
