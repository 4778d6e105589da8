/** Writing a message's text: fields put in at the cursor, and what a text lacks. Pure. */

import type { components } from "../api/schema";
import type { Key, Translate } from "../i18n";

type Delivery = components["schemas"]["DeliveryAnswer"];
export type TemplateOf = Pick<components["schemas"]["MessageTemplateAnswer"], "kind" | "language">;
export type Place = "subject" | "text";

export const templateKinds = ["raised", "again", "over", "bundle"] as const;
export const templateLanguages = ["pt-BR", "en"] as const;
const MOST_NOTICES = 12;

/** What a field stands for. */
export function fieldText(field: string, t: Translate): string {
  return t(`templateField.${field}` as Key);
}

/** A text with a field instead of what was selected, and where the cursor goes. */
export function inserted(text: string, field: string, from: number, to: number): { written: string; caret: number } {
  const put = `{${field}}`;
  return { written: text.slice(0, from) + put + text.slice(to), caret: from + put.length };
}

/** Whether nobody could acknowledge by the message, though its kind has a link for it. */
export function lacksAcknowledging(fields: readonly string[], text: string): boolean {
  return fields.includes("acknowledge") && !text.includes("{acknowledge}");
}

/** What was told of lately, each once, the newest first. */
export function noticesIn(log: readonly Delivery[]): Delivery[] {
  return log.filter((one, index) => log.findIndex(({ notice }) => notice === one.notice) === index).slice(0, MOST_NOTICES);
}
