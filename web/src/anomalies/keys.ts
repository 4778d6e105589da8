/** What keys mean on the page of anomalies. Pure. */

export const actions = { j: "next", k: "previous", r: "real", n: "normal", u: "undo" } as const;
export type Action = (typeof actions)[keyof typeof actions];

/** Nothing while a text is typed or with a modifier, which belong to others. */
export function actionOf(key: string, isTyping: boolean, hasModifier: boolean): Action | null {
  if (isTyping || hasModifier) return null;
  if (key === "ArrowDown") return "next";
  if (key === "ArrowUp") return "previous";
  return key in actions ? actions[key as keyof typeof actions] : null;
}
