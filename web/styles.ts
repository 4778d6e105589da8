/**
 * Of Mantine's styles, those of the components that Calha draws: half of the whole sheet.
 *
 * `virtual:mantine.css` is found anew in each build: the components that are named in an import, and all that they are made of.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Plugin } from "vite";
import { CORE, mantineOf } from "./mantine.ts";

const SOURCES = [join(import.meta.dirname, "src"), join(CORE, "../notifications/esm")];
const NAME = "virtual:mantine.css";
const ALWAYS = ["baseline", "default-css-variables", "global"];

/** The names of the sheets, in the order of the whole one: a later one may rely on those before it. */
function sheets(): string[] {
  const whole = readFileSync(join(CORE, "styles.css"), "utf8");
  const place = (name: string) => whole.indexOf(readFileSync(join(CORE, "styles", `${name}.css`), "utf8").slice(0, 80));
  return [...ALWAYS, ...drawn().sort((one, other) => place(one) - place(other))];
}

/** The components that are named somewhere, and their parts, as far as they have a sheet. */
function drawn(): string[] {
  const files = SOURCES.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)));
  const sources = files.filter((path) => /\.(tsx?|mjs)$/.test(path)).map((path) => readFileSync(path, "utf8"));
  const names = [...mantineOf(sources.join("\n"))].flatMap((path) => /^(\w+)\.module\.mjs$/.exec(basename(path))?.[1] ?? []);
  return names.filter((name) => existsSync(join(CORE, "styles", `${name}.css`)));
}

export function styles(): Plugin {
  return {
    name: "calha-styles",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : null),
    load: (id) => (id === `\0${NAME}` ? sheets().map((name) => readFileSync(join(CORE, "styles", `${name}.layer.css`), "utf8")).join("\n") : null),
  };
}
