import { meaningOf } from "../ui/work";

/** What keys mean on the page of exceptions. Pure. */

export const actions = { j: "next", k: "previous", " ": "tick", a: "accept", e: "estimate", m: "edit", u: "undo" } as const;
export type Action = (typeof actions)[keyof typeof actions];
export const actionOf = meaningOf(actions);
