/** The pages of which views are saved, each with its name; what a page shows is what its address says. */

import type { Key } from "../i18n";

export const viewPages = {
  "/explore": "nav.explore",
  "/": "nav.devices",
  "/alarms": "nav.alarms",
  "/anomalies": "nav.anomalies",
  "/exceptions": "nav.validation",
  "/quarantine": "nav.quarantine",
} as const satisfies Record<string, Key>;

export type ViewPage = keyof typeof viewPages;

export function isViewPage(page: string): page is ViewPage {
  return page in viewPages;
}
