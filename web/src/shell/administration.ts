import type { Rights } from "../session/session";

const all = [
  { to: "/billing", icon: "billing", text: "nav.billing", needs: "bill" },
  { to: "/connections", icon: "connections", text: "nav.connections", needs: "configure" },
  { to: "/escalation", icon: "escalation", text: "nav.escalation", needs: "configure" },
  { to: "/people", icon: "people", text: "nav.people", needs: "administer" },
  { to: "/keys", icon: "keys", text: "nav.keys", needs: "administer" },
  { to: "/fleets", icon: "fleets", text: "nav.fleets", needs: "administer" },
  { to: "/audit", icon: "audit", text: "nav.audit", needs: "administer" },
] as const;

/** Pages for those who set things up: engineers and billers of a site, and administrators of the whole installation. */
export function administration(rights: Rights) {
  return all.filter(({ needs }) => (needs === "administer" ? rights.on("administer", null) : rights.somewhere(needs)));
}
