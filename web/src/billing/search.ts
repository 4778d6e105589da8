/** What addresses of billing pages may say; apart from the rest, because the router needs it at the first load. */

import type { Invoice, Payment } from "./types";

export const INVOICE_STATES = ["issued", "overdue", "paid", "cancelled", "replaced"] as const satisfies readonly Invoice["state"][];
export const PAYMENT_STATES = ["matched", "unmatched", "wrong_amount", "surplus"] as const satisfies readonly Payment["state"][];

/** Whether it is a month such as 2026-07. */
export function isMonth(given: unknown): given is string {
  return typeof given === "string" && /^(19|20)\d\d-(0[1-9]|1[0-2])$/.test(given);
}
