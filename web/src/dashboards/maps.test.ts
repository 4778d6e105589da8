import { describe, expect, it } from "vitest";
import { projected, scaleBar, withRoom } from "./maps";

describe("a map", () => {
  const recife = { latitude: -8.05, longitude: -34.9 };
  const olinda = { latitude: -8.01, longitude: -34.85 };

  it("keeps all places within, north above and east to the right", () => {
    const { x, y } = projected([recife, olinda], 400, 300);
    for (const point of [recife, olinda]) {
      expect(x(point)).toBeGreaterThanOrEqual(0);
      expect(x(point)).toBeLessThanOrEqual(400);
      expect(y(point)).toBeGreaterThanOrEqual(0);
      expect(y(point)).toBeLessThanOrEqual(300);
    }
    expect(y(olinda)).toBeLessThan(y(recife));
    expect(x(olinda)).toBeGreaterThan(x(recife));
  });

  it("is true to scale: 0.04 degrees of latitude are 4.45 km", () => {
    const { y, metres } = projected([recife, olinda], 400, 300);
    expect((y(recife) - y(olinda)) * metres).toBeCloseTo(4453, -1);
  });

  it("shows a single place in the middle", () => {
    const { x, y } = projected([recife], 400, 300);
    expect([x(recife), y(recife)]).toEqual([200, 150]);
  });

  it("has a round scale", () => {
    expect(scaleBar(37, 100)).toEqual({ metres: 2000, units: 2000 / 37 });
  });

  it("leaves out names that would lie on one before them, also those to the left", () => {
    const name = { x: 100, y: 50, width: 80 };
    expect(withRoom([name, { x: 150, y: 60, width: 80 }, { x: 150, y: 90, width: 80 }])).toEqual([true, false, true]);
    expect(withRoom([name, { x: 190, y: 50, width: -80 }, { x: 95, y: 50, width: -80 }])).toEqual([true, false, true]);
    expect(withRoom([name], [{ x: 86, y: 50 }])).toEqual([true]);
    expect(withRoom([name], [{ x: 120, y: 60 }])).toEqual([false]);
  });
});
