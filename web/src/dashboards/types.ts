import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type Dashboard = Schemas["DashboardAnswer"];
export type Summary = Schemas["DashboardSummary"];
export type Document = Schemas["DashboardDocument"];
export type Widget = Document["widgets"][number];
export type Kind = Widget["kind"];
export type Variable = Document["variables"][number];
export type SeriesRef = Schemas["SeriesRef"];
export type FileFacts = Schemas["DashboardFileAnswer"];
export type SharedDashboard = Schemas["SharedDashboard"];
export type DashboardLink = Schemas["DashboardLinkAnswer"];
export type Carried = Schemas["CarriedDashboard"];
export type Of<K extends Kind> = Extract<Widget, { kind: K }>;

export const KINDS: readonly Kind[] = ["value", "gauge", "chart", "table", "timeline", "heat", "alarms", "plant", "map", "schematic", "text", "image", "command"];
