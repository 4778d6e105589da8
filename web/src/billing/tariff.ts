/** What the page itself reads of a tariff's text, which is the server's to judge. */

import { Problem } from "../api/client";
import type { Fault } from "./YamlEditor";

/** The key in a tariff's text; empty where there is none that can be one. */
export function keyIn(text: string): string {
  return /^key:[ \t]*["']?([a-z][a-z0-9_]{0,63})["']?[ \t]*$/m.exec(text)?.[1] ?? "";
}

/** A tariff's text under another key, to begin another tariff from. */
export function underKey(text: string, key: string): string {
  return text.replace(/^key:.*$/m, () => `key: ${key}`);
}

/** Where the server found a fault in the text; null for a fault of another kind, or none. */
export function faultIn(error: unknown): Fault | null {
  if (!(error instanceof Problem) || error.about.line === undefined) return null;
  return { line: Number(error.about.line), text: error.detail };
}

/** The days from which on a tariff's versions hold, the newest first. */
export function versionDays(content: Record<string, unknown>): string[] {
  const versions = Array.isArray(content.versions) ? (content.versions as unknown[]) : [];
  const days = versions.map((one) => (typeof one === "object" && one !== null && "valid_from" in one ? String(one.valid_from) : ""));
  return days.filter((day) => day !== "").reverse();
}
