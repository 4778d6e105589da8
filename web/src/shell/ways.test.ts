import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ways } from "./ways";

const TABS = ["/billing/customers", "/billing/tariffs", "/billing/runs", "/billing/payments"];

test("every page below the first level says what stands above it", () => {
  const routes = readFileSync(join(import.meta.dirname, "../router.tsx"), "utf8");
  const paths = [...routes.matchAll(/^ {2}path: "(.+)",$/gm)].map(([, path = ""]) => path);
  const below = paths.filter((path) => path.split("/").length > 2 && !TABS.includes(path));
  expect(below).toContain("/devices/$key");
  expect(Object.keys(ways).sort()).toEqual(below.sort());
});
