import { expect, it } from "vitest";
import { together } from "./useCalculated";

const found = { t: [1], value: [2] } as never;

it("a calculated series that could not be asked for again is known to be from before", () => {
  const { results, errors, isError } = together([{ data: found, error: new Error("no answer"), isFetching: false }]);
  expect(results).toEqual([found]); // it stays on the chart
  expect(errors).toEqual([null]);
  expect(isError).toBe(true);
  expect(together([{ data: found, error: null, isFetching: true }]).isError).toBe(false);
});
