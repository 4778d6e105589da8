import { describe, expect, it } from "vitest";
import { type Box, freePlace, inReadingOrder, placed, resized, settled, stepped } from "./grid";

const box = (id: string, x: number, y: number, w = 4, h = 2): Box => ({ id, x, y, w, h });
const at = (boxes: readonly Box[], id: string) => {
  const found = boxes.find((one) => one.id === id);
  return [found?.x, found?.y, found?.w, found?.h];
};

describe("the grid of a dashboard", () => {
  it("lets widgets rise until they meet another", () => {
    const found = settled([box("a", 0, 3), box("b", 0, 9), box("c", 8, 7)]);
    expect([at(found, "a"), at(found, "b"), at(found, "c")]).toEqual([[0, 0, 4, 2], [0, 2, 4, 2], [8, 0, 4, 2]]);
  });

  it("leaves what does not move as it is", () => {
    const a = box("a", 0, 0);
    expect(settled([a])[0]).toBe(a);
  });

  it("gives what is moved its place and lets the others make way", () => {
    const found = placed([box("a", 0, 0), box("b", 4, 0)], "b", { x: 0, y: 0 });
    expect([at(found, "b"), at(found, "a")]).toEqual([[0, 0, 4, 2], [0, 2, 4, 2]]);
  });

  it("keeps widgets within its columns", () => {
    expect(at(placed([box("a", 0, 0)], "a", { x: 40, y: -3 }), "a")).toEqual([8, 0, 4, 2]);
    expect(at(resized([box("a", 6, 0)], "a", { w: 40, h: 0 }), "a")).toEqual([6, 0, 6, 1]);
  });

  it("never lets one cover another, whatever is done", () => {
    let boxes = [box("a", 0, 0, 6, 3), box("b", 6, 0, 6, 2), box("c", 3, 4, 6, 5), box("d", 0, 9, 12, 1)];
    const moves: ((now: Box[]) => Box[])[] = [(now) => placed(now, "d", { x: 0, y: 1 }), (now) => resized(now, "b", { w: 12, h: 7 }), (now) => placed(now, "a", { x: 5, y: 8 }), (now) => stepped(now, "c", 0, 1)];
    for (const move of moves) {
      boxes = move(boxes);
      const cells = boxes.flatMap(({ x, y, w, h }) => Array.from({ length: w * h }, (_, n) => `${x + (n % w)} ${y + Math.floor(n / w)}`));
      expect(new Set(cells).size).toBe(cells.length);
    }
  });

  it("steps by keyboard past what lies in the way", () => {
    const rows = [box("a", 0, 0), box("b", 0, 2), box("c", 0, 4)];
    const down = stepped(rows, "a", 0, 1);
    expect([at(down, "b"), at(down, "a"), at(down, "c")]).toEqual([[0, 0, 4, 2], [0, 2, 4, 2], [0, 4, 4, 2]]);
    expect(stepped(down, "a", 0, -1).map(({ id, y }) => [id, y])).toEqual([["a", 0], ["b", 2], ["c", 4]]);
    expect(at(stepped(rows, "a", 1, 0), "a")[0]).toBe(1);
    expect(stepped(rows, "a", -1, 0)).toEqual(rows);
  });

  it("finds room for a new widget", () => {
    expect(freePlace([box("a", 0, 0), box("b", 8, 0)], 4, 2)).toEqual({ x: 4, y: 0 });
    expect(freePlace([box("a", 0, 0)], 12, 2)).toEqual({ x: 0, y: 2 });
    expect(freePlace([], 3, 2)).toEqual({ x: 0, y: 0 });
  });

  it("is read by row, then from the left", () => {
    expect(inReadingOrder([box("a", 0, 2), box("b", 4, 0), box("c", 0, 0)]).map(({ id }) => id)).toEqual(["c", "b", "a"]);
  });
});
