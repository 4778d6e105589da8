import { describe, expect, it } from "vitest";
import { move, nodeOf, pathOf, rows } from "./tree";

const plant: Record<string, { node: string; name: string }[]> = {
  "": [
    { node: "app", name: "Application" },
    { node: "server", name: "Server" },
  ],
  app: [{ node: "gvl", name: "GVL" }],
  [pathOf("app", "gvl")]: [
    { node: "a", name: "vazao_saida1" },
    { node: "b", name: "vazao_saida2" },
  ],
};
const childrenOf = (path: string | null) => plant[path ?? ""];
const gvl = pathOf("app", "gvl");
const all = rows(childrenOf, new Set(["app", gvl]));

describe("the rows of a tree", () => {
  it("are those of open folders only, each below its folder", () => {
    expect(rows(childrenOf, new Set()).map(({ item }) => item.name)).toEqual(["Application", "Server"]);
    expect(all.map(({ item, level }) => [item.name, level])).toEqual([
      ["Application", 1],
      ["GVL", 2],
      ["vazao_saida1", 3],
      ["vazao_saida2", 3],
      ["Server", 1],
    ]);
  });

  it("have nothing below a folder whose content is not known yet", () => {
    expect(rows(childrenOf, new Set(["server"])).map(({ item }) => item.name)).toEqual(["Application", "Server"]);
  });

  it("know their own node by their path", () => {
    expect(nodeOf(pathOf(gvl, "ns=4;s=a b"))).toBe("ns=4;s=a b");
  });
});

describe("a key in a tree", () => {
  const press = (key: string, at: string) => move(key, at, all, ({ item }) => ["app", "gvl", "server"].includes(item.node));

  it("goes to the next and the last row, and no further", () => {
    expect(press("ArrowDown", "app")).toEqual({ to: gvl });
    expect(press("ArrowUp", "server")).toEqual({ to: pathOf(gvl, "b") });
    expect(press("ArrowUp", "app")).toBeNull();
    expect(press("ArrowDown", "server")).toBeNull();
    expect(press("End", "app")).toEqual({ to: "server" });
    expect(press("Home", "server")).toEqual({ to: "app" });
  });

  it("opens a folder, then goes into it; shuts it, or goes to its own folder", () => {
    expect(press("ArrowRight", "server")).toEqual({ open: "server" });
    expect(press("ArrowRight", "app")).toEqual({ to: gvl });
    expect(press("ArrowRight", pathOf(gvl, "a"))).toBeNull();
    expect(press("ArrowLeft", gvl)).toEqual({ shut: gvl });
    expect(press("ArrowLeft", pathOf(gvl, "a"))).toEqual({ to: gvl });
    expect(press("ArrowLeft", "server")).toBeNull();
  });

  it("that means nothing here does nothing", () => {
    expect(press("x", "app")).toBeNull();
    expect(press("ArrowDown", "gone")).toBeNull();
  });
});
