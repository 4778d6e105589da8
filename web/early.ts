/** Writes `early.js` beside the app, with the names of the files that the first pages are made of, and has the page begin with it. */

import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { IndexHtmlTransformContext, Plugin } from "vite";

/** By what the address of a first page looks like: its module, and what it asks the server, in the words of the app. */
const PAGES = {
  "^/$": { module: "devices/DevicesPage.tsx", asks: ["/api/v1/devices?limit=100", "/api/v1/sites", "/api/v1/profiles"] },
  "^/home$": { module: "home/HomePage.tsx", asks: ["/api/v1/presence", "/api/v1/alarms?limit=500&after=0"] },
  "^/alarms$": { module: "alarms/AlarmsPage.tsx", asks: ["/api/v1/alarms?limit=500&after=0"] },
  "^/my$": { module: "portal/PortalPage.tsx", asks: [] },
  "^/devices/([^/]+)$": { module: "devices/DevicePage.tsx", asks: ["/api/v1/devices/$1", "/api/v1/latest?device=$1&limit=1"] },
};
const LANGUAGES = ["pt-BR", "en"];

type Bundle = NonNullable<IndexHtmlTransformContext["bundle"]>;

/** What a module that is loaded later needs beside the app: files, with their styles. */
function filesOf(end: string, bundle: Bundle): string[] {
  const chunks = Object.values(bundle).flatMap((one) => (one.type === "chunk" ? [one] : []));
  const called = new Map(chunks.map((one) => [one.fileName, one]));
  const found = new Set<string>();
  const begins = new Set(chunks.filter(({ isEntry }) => isEntry).flatMap(({ fileName, imports }) => [fileName, ...imports]));
  const waiting = chunks.filter(({ facadeModuleId }) => facadeModuleId?.endsWith(end)).map(({ fileName }) => fileName);
  if (waiting.length === 0) throw new Error(`no file is made of ${end}`);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const chunk = called.get(name);
    if (chunk === undefined || begins.has(name) || found.has(name)) continue;
    found.add(name);
    for (const style of chunk.viteMetadata?.importedCss ?? []) found.add(style);
    waiting.push(...chunk.imports);
  }
  return [...found];
}

async function written(bundle: Bundle): Promise<string> {
  const pages = Object.fromEntries(Object.entries(PAGES).map(([address, { module, asks }]) => [address, { files: filesOf(module, bundle), asks }]));
  const words = Object.fromEntries(LANGUAGES.map((language) => [language, filesOf(`virtual:texts/first-${language}`, bundle)]));
  const source = await readFile(join(import.meta.dirname, "early.js"), "utf8");
  const told = source.replace("const PAGES = {}", `const PAGES = ${JSON.stringify(pages)}`).replace("const TEXTS = {}", `const TEXTS = ${JSON.stringify(words)}`);
  return `{\n${told.replace(/^\/\/.*\n/gm, "")}}\n`; // a block, so that no name is the page's
}

export function early(): Plugin {
  let name = "";
  let content = "";
  return {
    name: "calha-early",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      async handler(_html, { bundle }) {
        if (bundle === undefined) return [];
        content = await written(bundle);
        name = `assets/early-${createHash("sha256").update(content).digest("hex").slice(0, 8)}.js`;
        return [{ tag: "script", attrs: { src: `/${name}`, async: true }, injectTo: "head-prepend" }];
      },
    },
    async writeBundle({ dir }) {
      await writeFile(join(dir ?? "", name), content);
    },
  };
}
