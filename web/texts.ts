/**
 * The catalogues cut in two, so that the first page waits only for the texts that it says.
 *
 * `virtual:texts/first-<language>` holds what the shell and the first pages say, found as the test of the catalogues finds what is
 * used: keys written out in a module, or the beginning of keys that are put together there. `virtual:texts/rest-<language>` holds
 * all others. A module counts if a first page needs it to run; what is loaded later waits for the rest (`ui/later.ts`).
 */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Plugin, runnerImport } from "vite";

/** What may be opened first; `firstPage` in the router says the same of them. */
export const FIRST = ["main.tsx", "devices/DevicePage.tsx", "devices/DevicesPage.tsx", "home/HomePage.tsx", "alarms/AlarmsPage.tsx", "portal/PortalPage.tsx"];
/** Words for what the server says of errors; until they are there, its own are shown. */
const LATER = ["problem.", "reason.", "fault."];

const SOURCES = join(import.meta.dirname, "src");
const PREFIX = "virtual:texts/";
const IMPORTED = /^(?:import|export)\s+(?!type\b)(?:[^"';]*?from\s+)?"(\.[^"]+)"/gm;

/** Of some keys, those that the first pages say. */
export function firstOf(keys: readonly string[]): Set<string> {
  const code = [...modules()].map((path) => readFileSync(path, "utf8")).join("\n");
  const words = new Set([...code.matchAll(/"([\w.-]+)"/g)].map((match) => match[1]));
  const beginnings = [...code.matchAll(/`([a-z]+\.)\$\{/gi)].map((match) => match[1] ?? "").filter((one) => !LATER.includes(one));
  return new Set(keys.filter((key) => words.has(key) || beginnings.some((one) => key.startsWith(one))));
}

/** The first pages, and all that they import before they run. */
function modules(): Set<string> {
  const found = new Set<string>();
  const waiting = FIRST.map((name) => join(SOURCES, name));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path) || !/\.tsx?$/.test(path)) continue;
    found.add(path);
    for (const [, name = ""] of readFileSync(path, "utf8").matchAll(IMPORTED)) waiting.push(resolved(join(dirname(path), name)));
  }
  return found;
}

function resolved(path: string): string {
  const file = ["", ".ts", ".tsx", "/index.tsx"].map((end) => `${path}${end}`).find((one) => /\.\w+$/.test(one) && existsSync(one));
  if (file === undefined) throw new Error(`there is no module ${path}`);
  return file;
}

async function catalogueOf(language: string): Promise<Record<string, string>> {
  const { module } = await runnerImport<Record<string, Record<string, string>>>(join(SOURCES, `i18n/${language}.ts`));
  const [catalogue] = Object.values(module);
  if (catalogue === undefined) throw new Error(`there is no catalogue of ${language}`);
  return catalogue;
}

export function texts(): Plugin {
  return {
    name: "calha-texts",
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
    async load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return null;
      const [, part, language = ""] = /^(first|rest)-(.+)$/.exec(id.slice(PREFIX.length + 1)) ?? [];
      const catalogue = await catalogueOf(language);
      const first = firstOf(Object.keys(catalogue));
      const chosen = Object.entries(catalogue).filter(([key]) => first.has(key) === (part === "first"));
      return `export default ${JSON.stringify(Object.fromEntries(chosen))};`;
    },
  };
}
