import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { patiently } from "./later";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("what cannot be loaded is tried again until it can", async () => {
  const load = vi.fn().mockRejectedValueOnce(new TypeError("gone")).mockRejectedValueOnce(new TypeError("gone")).mockResolvedValue("here");
  const loaded = patiently(load);
  await vi.advanceTimersByTimeAsync(500 + 1_000);
  expect(await loaded).toBe("here");
  expect(load).toHaveBeenCalledTimes(3);
});

test("what can never be loaded is an error at last", async () => {
  const loaded = patiently(() => Promise.reject(new TypeError("gone")));
  const failed = expect(loaded).rejects.toThrow("gone");
  await vi.advanceTimersByTimeAsync(120_000);
  await failed;
});
