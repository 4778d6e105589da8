import { describe, expect, it } from "vitest";
import { firstDay, firstDayIn, inWeek, localeOf } from "./week";

describe("a week", () => {
  it("begins on the day that it does where the person is", () => {
    expect(["pt-BR", "en-US", "en-GB", "pt-PT", "de", "ar-EG"].map(firstDay)).toEqual([7, 7, 1, 7, 1, 6]);
  });

  it("begins there as well where the browser does not know the weeks of countries", () => {
    expect(["BR", "US", "GB", "PT", "DE", "EG"].map(firstDayIn)).toEqual([7, 7, 1, 7, 1, 6]);
  });

  it("is that of the country which the browser names for the language of the app", () => {
    expect(localeOf("en", ["pt-BR", "en-GB", "en-US"])).toBe("en-GB");
    expect(localeOf("pt-BR", ["en-US"])).toBe("pt-BR");
    expect(localeOf("en", ["eng-XX"])).toBe("en");
  });

  it("has its days in that order", () => {
    expect(inWeek(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 7)).toEqual(["sun", "mon", "tue", "wed", "thu", "fri", "sat"]);
    expect(inWeek([1, 2, 3, 4, 5, 6, 7], 1)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
});
