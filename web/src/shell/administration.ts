/** Pages for administrators of the whole installation. */
export const administration = [
  { to: "/people", icon: "people", text: "nav.people" },
  { to: "/keys", icon: "keys", text: "nav.keys" },
  { to: "/fleets", icon: "fleets", text: "nav.fleets" },
  { to: "/audit", icon: "audit", text: "nav.audit" },
] as const;
