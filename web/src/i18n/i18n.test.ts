import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FIRST, firstOf } from "../../texts";
import { en } from "./en";
import { filled } from ".";
import { ptBR } from "./pt-BR";

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "i18n" ? [] : sources(path);
    return /\.tsx?$/.test(entry.name) && !entry.name.endsWith(".test.ts") ? [readFileSync(path, "utf8")] : [];
  });
}

describe("the catalogues", () => {
  const code = sources(join(import.meta.dirname, "..")).join("\n");
  const words = new Set([...code.matchAll(/"([\w.-]+)"/g)].map((match) => match[1]));
  const prefixes = [...code.matchAll(/`([a-z]+\.)\$\{/gi)].map((match) => match[1] ?? "");

  it("have the same keys, none of them empty", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(ptBR).sort());
    for (const text of [...Object.values(en), ...Object.values(ptBR)]) expect(text.trim()).not.toBe("");
  });

  it("name the same values in both languages", () => {
    const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
    for (const key of Object.keys(ptBR) as (keyof typeof ptBR)[]) expect([key, names(en[key])]).toEqual([key, names(ptBR[key])]);
  });

  it("speak of one as of one, in words that close all their braces", () => {
    expect([0, 1, 2, "1.234"].map((n) => filled("{n} {n|dia|dias}", { n }))).toEqual(["0 dias", "1 dia", "2 dias", "1.234 dias"]);
    expect([1, 3].map((n) => filled("{n|Um dispositivo usa|{n} dispositivos usam} o perfil {profile}.", { n, profile: "x" }))).toEqual(["Um dispositivo usa o perfil x.", "3 dispositivos usam o perfil x."]);
    for (const text of [...Object.values(en), ...Object.values(ptBR)]) expect(filled(text, {})).not.toMatch(/\|[^{}]*\}/);
  });

  it("are there in time: whatever page does not wait for all texts is among those that have theirs", () => {
    const router = readFileSync(join(import.meta.dirname, "../router.tsx"), "utf8");
    const pages = [...router.matchAll(/firstPage\(\(\) => import\("\.\/([^"]+)"\)/g)].map((match) => `${match[1]}.tsx`);
    expect(pages.length).toBeGreaterThan(0);
    expect(["main.tsx", ...pages].sort()).toEqual([...FIRST].sort());
  });

  it("give the first pages what they say, and spare them the rest", () => {
    const first = firstOf(Object.keys(ptBR));
    for (const key of ["nav.devices", "devices.title", "home.operator", "priority.critical", "chart.title"]) expect(first).toContain(key);
    expect(first).not.toContain("problem.not_signed_in");
    expect(first.size).toBeLessThan(Object.keys(ptBR).length / 4);
  });

  it("are cut without a rest", { timeout: 30_000 }, async () => {
    const cut = { ...(await import("virtual:texts/first-pt-BR")).default, ...(await import("virtual:texts/rest-pt-BR")).default };
    expect(cut).toEqual(ptBR);
  });

  it("hold no text that nobody uses", () => {
    const unused = Object.keys(ptBR).filter((key) => !words.has(key) && !prefixes.some((prefix) => key.startsWith(prefix)));
    expect(unused).toEqual([]);
  });
});
