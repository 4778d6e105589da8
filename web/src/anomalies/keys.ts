import { meaningOf } from "../ui/work";

/** What keys mean on the page of anomalies. Pure. */

export const actions = { j: "next", k: "previous", r: "real", n: "normal", u: "undo" } as const;
export type Action = (typeof actions)[keyof typeof actions];
export const actionOf = meaningOf(actions);
