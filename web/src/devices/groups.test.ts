import { expect, it } from "vitest";
import type { Device } from "../api/client";
import { bySite } from "./groups";

const device = (key: string, site_id: number, ...site_path: string[]) => ({ key, site_id, site_path }) as Device;

it("devices stand under their site, sites in the order of the tree", () => {
  const rows = bySite([device("a", 3, "Sul"), device("b", 2, "Norte", "Linha 1"), device("c", 1, "Norte"), device("d", 3, "Sul")]);
  expect(rows.map((row) => (row.kind === "site" ? `${row.path.join("/")} ${row.count}` : row.key))).toEqual(["Norte 1", "c", "Norte/Linha 1 1", "b", "Sul 2", "a", "d"]);
});

it("no devices are no rows", () => {
  expect(bySite([])).toEqual([]);
});
