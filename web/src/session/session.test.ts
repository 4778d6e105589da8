import { expect, it } from "vitest";
import type { Me } from "../api/client";
import { paysSomething, rightsOf } from "./session";

it("a right holds on its sites, everywhere when no site is named, and nowhere when it is missing", () => {
  const rights = rightsOf({ permissions: { view: null, operate: [3, 4] } });
  expect([rights.on("view", 9), rights.on("view", null), rights.somewhere("view")]).toEqual([true, true, true]);
  expect([rights.on("operate", 3), rights.on("operate", 9), rights.on("operate", null), rights.somewhere("operate")]).toEqual([true, false, false, true]);
  expect([rights.on("administer", null), rights.somewhere("administer")]).toEqual([false, false]);
});

it("bills are shown to who owns a device, or has no role; never to a program", () => {
  const pays = (me: Partial<Me>) => paysSomething({ person: { id: 1 }, permissions: {}, owns_devices: false, ...me } as Me);
  expect([pays({}), pays({ permissions: { view: [3] } }), pays({ permissions: { view: null }, owns_devices: true }), pays({ person: null })]).toEqual([true, false, true, false]);
});
