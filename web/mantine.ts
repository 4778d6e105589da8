/** Which modules of Mantine a name that is imported from it stands for, so that the whole package need not come with one button. */

import { readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

export const CORE = realpathSync(join(import.meta.dirname, "node_modules/@mantine/core")); // as the bundler calls it
export const BARREL = join(CORE, "esm/index.mjs");

const NAMED = /import\s*\{([^}]*)\}\s*from\s*["']@mantine\/core["']/g;
const EXPORTED = /^import\s*\{\s*(\w+)[^}]*\}\s*from\s*"(\.[^"]+)"/gm;
const PARTS = /^import\s[^;]*?from\s*"(\.[^"]+)"/gm;
const made = new Map([...readFileSync(BARREL, "utf8").matchAll(EXPORTED)].map(([, name = "", path = ""]) => [name, join(dirname(BARREL), path)]));

/** The names that a source imports from Mantine. */
function namesIn(source: string): string[] {
  const lists = [...source.matchAll(NAMED)].map(([, names = ""]) => names);
  return lists.flatMap((names) => names.split(",").map((one) => one.trim().split(" as ")[0] ?? ""));
}

/** The modules behind these names, and all that they are made of. */
export function mantineOf(source: string): Set<string> {
  const found = new Set<string>();
  const waiting = namesIn(source).flatMap((name) => made.get(name) ?? []);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    for (const [, part = ""] of readFileSync(path, "utf8").matchAll(PARTS)) waiting.push(join(dirname(path), part));
  }
  return found;
}
