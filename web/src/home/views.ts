import type { Rights } from "../session/session";

/** What a person may look at the plant as; the first is what his roles suggest. */
export const homeViews = ["operator", "engineer", "manager"] as const;
export type HomeView = (typeof homeViews)[number];

export function isHomeView(value: unknown): value is HomeView {
  return homeViews.some((one) => one === value);
}

/** The views that make sense for somebody, and which of them comes first. */
export function viewsFor(rights: Rights): { views: readonly HomeView[]; first: HomeView } {
  const configures = rights.somewhere("configure");
  const views = homeViews.filter((view) => view !== "engineer" || configures);
  if (rights.on("administer", null) || (rights.somewhere("operate") && !configures)) return { views, first: "operator" };
  return { views, first: configures ? "engineer" : "manager" };
}

export const shifts = ["6", "8", "12", "24"] as const;
export type ShiftHours = (typeof shifts)[number];

export function isShift(value: unknown): value is ShiftHours {
  return shifts.some((one) => one === value);
}
