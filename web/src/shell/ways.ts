/** The way up from each page: what stands above it, from the top, by its route.

Rule 1: every route below the first level stands here, in the order in which it is opened (a test walks the routes).
Rule 2: pages of billing that name each other in tabs are siblings of the list of invoices: their tabs are their way.
*/

import type { Key } from "../i18n";

/** `sites`: from the top down to the site the page is about; `device`: the device; `bills`: where whoever reads it finds invoices. */
type Named = "sites" | "device" | "bills";

export interface List {
  to: "/alarms" | "/alarms/rules" | "/billing" | "/billing/customers" | "/billing/tariffs" | "/connections" | "/dashboards" | "/my" | "/people";
  text: Key;
}

export type Step = Named | List;

const ALARMS: List = { to: "/alarms", text: "nav.alarms" };
export const BILLING: List = { to: "/billing", text: "nav.billing" };
export const PORTAL: List = { to: "/my", text: "nav.portal" };
const TARIFFS: List = { to: "/billing/tariffs", text: "billing.tariffs" };

export const ways: Readonly<Record<string, readonly Step[]>> = {
  "/devices/$key": ["sites"],
  "/devices/$key/data": ["sites", "device"],
  "/devices/$key/consumption": ["sites", "device"],
  "/dashboards/device/$key": ["sites", "device"],
  "/dashboards/site/$id": ["sites"],
  "/sites/$id/balance": ["sites"],
  "/dashboards/$id": [{ to: "/dashboards", text: "nav.dashboards" }],
  "/views/$id": [],
  "/alarms/rules": [ALARMS],
  "/alarms/health": [ALARMS],
  "/alarms/rules/$id": [ALARMS, { to: "/alarms/rules", text: "rules.title" }],
  "/connections/$id": [{ to: "/connections", text: "nav.connections" }],
  "/people/$id": [{ to: "/people", text: "nav.people" }],
  "/billing/invoices/$number": ["bills"],
  "/billing/customers/$id": [BILLING, { to: "/billing/customers", text: "billing.customers" }],
  "/billing/tariffs/$key": [BILLING, TARIFFS],
  "/billing/new-tariff": [BILLING, TARIFFS],
};
