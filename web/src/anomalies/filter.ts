/** By what anomalies are chosen. */

export const states = ["waiting", "lasting", "all"] as const;
export type State = (typeof states)[number];
export const kinds = ["extreme", "unseasonal", "shift", "drift", "variation", "frozen", "joint", "leak"] as const;
export type Kind = (typeof kinds)[number];
