/**
 * Into which files the app is cut. Each file costs a phone some milliseconds, so that a first page comes in few of them.
 *
 * `app` holds what the app itself is made of, and what several of the first pages share; `chart` draws series. The other parts
 * of a first page that are used elsewhere as well are one more file beside its own. All else is cut by the bundler.
 */

import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { BARREL, mantineOf } from "./mantine.ts";
import { FIRST } from "./texts.ts";

interface Graph {
  getModuleInfo: (id: string) => { importedIds: readonly string[] } | null;
}

const SOURCES = join(import.meta.dirname, "src");
const CHART = /\/uplot\/|\/src\/chart\//; // large, and wanted by many pages
const SEVERAL = 2;
const known = new Map<string, Set<string>>();

/** What one of the first modules needs before it runs. */
function needsOf(name: string, graph: Graph): Set<string> {
  const found = known.get(name) ?? new Set<string>();
  if (known.has(name)) return found;
  known.set(name, found);
  const waiting = [join(SOURCES, name)];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.has(id) || id === BARREL) continue;
    found.add(id);
    waiting.push(...(graph.getModuleInfo(id)?.importedIds ?? []));
    if (id.startsWith(SOURCES) && /\.tsx?$/.test(id)) waiting.push(...mantineOf(readFileSync(id, "utf8")));
  }
  return found;
}

function usersOf(id: string, graph: Graph): string[] {
  return FIRST.filter((name) => needsOf(name, graph).has(id));
}

function inApp(id: string, graph: Graph): boolean {
  const users = usersOf(id, graph);
  return users.includes("main.tsx") || users.length >= SEVERAL;
}

/** For the bundler: the first that names a file for a module has it. */
export const groups = [
  { debugName: "app", name: (id: string, graph: Graph) => (inApp(id, graph) ? "app" : null), priority: 3 },
  { debugName: "chart", name: (id: string, graph: Graph) => (CHART.test(id) && usersOf(id, graph).length > 0 ? "chart" : null), priority: 2 },
  { debugName: "parts", name: (id: string, graph: Graph) => usersOf(id, graph).map((name) => `${basename(name, ".tsx")}Parts`)[0] ?? null, priority: 1, minShareCount: SEVERAL },
];
