import type { components } from "../api/schema";

export type Rule = components["schemas"]["ExceptionAnswer"]["rule"];

const rules: readonly Rule[] = ["gap", "register", "reverse", "maximum", "spike", "low", "high", "change", "leak", "zero", "frozen", "sum", "clock"];

export function isRule(given: unknown): given is Rule {
  return rules.some((one) => one === given);
}
