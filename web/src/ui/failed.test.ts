import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { Problem } from "../api/client";
import { Failures } from "./failed";

const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
const failures = new Failures(queries.getQueryCache());
const closing: (() => void)[] = [];

afterEach(() => {
  closing.splice(0).forEach((close) => close());
  queries.clear();
});

/** A place of a page that asks; until it has its answer, or none. */
async function asks(name: string, ask: () => Promise<unknown>) {
  const observer = new QueryObserver(queries, { queryKey: [name], queryFn: ask });
  closing.push(observer.subscribe(() => undefined));
  await vi.waitFor(() => expect(observer.getCurrentResult().isFetching).toBe(false));
  return observer;
}

const fail = (error: Error) => () => Promise.reject(error);
const untold = () => failures.untold().map(({ queryKey }) => queryKey[0]);

test("a question that failed is told of, an answer is not", async () => {
  await asks("devices", () => Promise.resolve([]));
  await asks("a device that is gone", fail(new Problem(404, "no such device")));
  await asks("sites", fail(new Problem(503, "the store is closed")));
  await asks("profiles", fail(new TypeError("Failed to fetch")));
  expect(untold()).toEqual(["sites", "profiles"]);
});

test("what a place of the page tells itself is not told twice, until that place is closed", async () => {
  const error = new Problem(500, "broken");
  await asks("sites", fail(error));
  const [one, other] = [failures.tell(error), failures.tell(error)];
  one();
  expect(untold()).toEqual([]);
  other();
  expect(untold()).toEqual(["sites"]);
});

test("it stands while it is asked again, and goes with the answer", async () => {
  let isBroken = true;
  let answer: (() => void) | undefined;
  const observer = await asks("sites", () => (isBroken ? Promise.reject(new Problem(500, "broken")) : new Promise((go) => (answer = () => go([])))));
  expect(untold()).toEqual(["sites"]);
  const listener = vi.fn();
  closing.push(failures.listen(listener));
  isBroken = false;
  const asked = observer.refetch();
  await vi.waitFor(() => expect(answer).toBeDefined());
  expect(untold()).toEqual(["sites"]);
  answer?.();
  await asked;
  expect(untold()).toEqual([]);
  await vi.waitFor(() => expect(listener).toHaveBeenCalled());
});

test("a page that was left tells nothing", async () => {
  await asks("sites", fail(new Problem(500, "broken")));
  closing.splice(0).forEach((close) => close());
  expect(untold()).toEqual([]);
});

test("what is found stays the same object while nothing changes", async () => {
  await asks("sites", fail(new Problem(500, "broken")));
  expect(failures.untold()).toBe(failures.untold());
});
