/** A person's decision how to bill a cycle of which too much is missing, as it is typed. */

import { decimalOf } from "../ui/decimal";

export interface Guess {
  /** Null: nothing is to be estimated. */
  method: "mean" | "stated" | null;
  consumption: string;
  reason: string;
}

export const noGuess: Guess = { method: null, consumption: "", reason: "" };

/** What a preview is asked with; as the mean until an amount is typed. */
export function queryOf({ method, consumption }: Guess): { estimate?: "mean" | "stated"; consumption?: string } {
  if (method === null) return {};
  if (method === "mean") return { estimate: "mean" };
  const amount = amountIn(consumption);
  return amount === null ? {} : { estimate: "stated", consumption: amount };
}

/** Whether it says all that an invoice needs; a decision is not made without its reason. */
export function isWhole({ method, consumption, reason }: Guess): boolean {
  if (method === null) return true;
  return reason.trim() !== "" && (method === "mean" || amountIn(consumption) !== null);
}

/** An amount that was typed, as the server takes it; null for what is none. */
export function amountIn(typed: string): string | null {
  const amount = decimalOf(typed);
  return amount !== null && /^\d{1,9}(\.\d{1,6})?$/.test(amount) ? amount : null;
}
