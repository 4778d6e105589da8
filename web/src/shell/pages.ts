import type { Key } from "../i18n";
import type { IconName } from "./icons";

/** The pages of the menu, in the order in which a shift needs them. The bar of a phone holds eight: `isOffBar` stands in the person's menu there. */
interface Page {
  to: string;
  icon: IconName;
  text: Key;
  isOffBar?: true;
}

export const pages: readonly Page[] = [
  { to: "/home", icon: "home", text: "nav.home" },
  { to: "/", icon: "devices", text: "nav.devices" },
  { to: "/alarms", icon: "alarms", text: "nav.alarms" },
  { to: "/dashboards", icon: "dashboards", text: "nav.dashboards" },
  { to: "/anomalies", icon: "anomalies", text: "nav.anomalies" },
  { to: "/exceptions", icon: "validation", text: "nav.validation" },
  { to: "/explore", icon: "explore", text: "nav.explore", isOffBar: true },
  { to: "/reports", icon: "reports", text: "nav.reports", isOffBar: true },
  { to: "/quarantine", icon: "quarantine", text: "nav.quarantine", isOffBar: true },
  { to: "/sites", icon: "sites", text: "nav.sites" },
  { to: "/status", icon: "status", text: "nav.status", isOffBar: true },
];
