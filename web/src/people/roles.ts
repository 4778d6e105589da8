import type { Permission, Role } from "../api/client";

export const ROLES = ["viewer", "operator", "engineer", "biller", "administrator", "customer"] as const satisfies readonly Role[];

/** What a role carries, as the server has it: an API key may be made for less, never for more. */
export const PERMISSIONS: Record<Role, readonly Permission[]> = {
  administrator: ["view", "send", "operate", "configure", "bill", "administer"],
  engineer: ["view", "send", "operate", "configure", "bill"],
  biller: ["view", "bill"],
  operator: ["view", "operate"],
  viewer: ["view"],
  customer: [],
};
