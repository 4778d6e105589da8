import { beforeAll, describe, expect, it } from "vitest";
import { loadTexts, translate, type Translate } from "../i18n";
import { explained, howFar } from "./explained";

const t: Translate = (key, values) => translate("en", key, values);
const level = { kind: "extreme" as const, seen: 60, low: 10, high: 11, over_readings: 1, unit: "m" };

describe("what an anomaly tells", () => {
  beforeAll(() => loadTexts("en"));

  it("names what was seen and between what it usually is", () => {
    expect(explained(level, "en", t)).toBe("It was 60 m; it is usually between 10 m and 11 m.");
    expect(explained({ ...level, kind: "shift", over_readings: 32 }, "en", t)).toContain("mean of 32 readings");
  });

  it("says how far that is, in the channel's unit and in widths of the range", () => {
    expect(howFar(level, "en", t)).toBe("49 m above the range, 49 times its width");
    expect(howFar({ ...level, seen: 9.5 }, "en", t)).toContain("0.5 m below");
    expect(howFar({ ...level, kind: "frozen", seen: 40, low: 0, high: 10 }, "en", t)).toBe("30 above the range, 3 times its width");
  });

  it("says that only channels together are unusual where the named one is within its range", () => {
    const joint = { ...level, kind: "joint" as const, seen: 10.5 };
    expect(explained(joint, "en", t)).toContain("within");
    expect(howFar(joint, "en", t)).toBeNull();
  });

  it("says that a channel has stayed the same where several readings lie within the range", () => {
    const stuck = { ...level, kind: "joint" as const, seen: 10.5, over_readings: 80 };
    expect(explained(stuck, "en", t)).toBe("The same value, 10.5 m, came 80 times in a row, far longer than it ever did.");
    expect(howFar(stuck, "en", t)).toBeNull();
  });

  it("says so where a detector has nothing to compare", () => {
    expect(explained({ ...level, kind: "leak", seen: null }, "en", t)).not.toContain("{");
    expect(howFar({ ...level, seen: null }, "en", t)).toBeNull();
  });
});
