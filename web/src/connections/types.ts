import type { components } from "../api/schema";

export type Connection = components["schemas"]["Connection"];
export type ConnectionNode = components["schemas"]["Node"];
export type Trial = components["schemas"]["TrialResult"];
export type AddressNode = components["schemas"]["AddressNode"];
export type NodeContent = components["schemas"]["NodeContent"];
export type Security = Connection["security"];

export const SECURITIES: readonly Security[] = ["none", "sign", "encrypt", "aes128", "aes256"];
