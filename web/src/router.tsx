import { createBrowserHistory, createRootRoute, createRoute, createRouter, Navigate } from "@tanstack/react-router";
import { type Kind, kinds, type State, states } from "./anomalies/filter";
import { INVOICE_STATES, isMonth, PAYMENT_STATES } from "./billing/search";
import { isPriority, isView as isAlarmView, type Priority, type View as AlarmView } from "./alarms/alarms";
import { isPreset, type Preset } from "./chart/range";
import { searchOf } from "./explore/address";
import { isDay, isView, type View } from "./consumption/period";
import { type HomeView, isHomeView, isShift, type ShiftHours } from "./home/views";
import { askAhead } from "./devices/queries";
import { loadTexts } from "./i18n";
import { templateKinds, templateLanguages, type TemplateOf } from "./notifications/templates";
import { loadPalette } from "./search/Search";
import { ErrorPage, NotFound } from "./shell/Pages";
import { Root } from "./shell/Shell";
import { isPeriod, kindsOf, type Period } from "./timeline/entries";
import { idle } from "./ui/idle";
import { firstPage, lazyRouteComponent } from "./ui/later";
import { goOnward, isOnward } from "./ui/going";
import { painted } from "./ui/painted";
import { isRule, type Rule } from "./validation/rules";

const history = createBrowserHistory();
let { pathname } = history.location;
history.subscribe(({ location, action }) => {
  goOnward(action.type === "PUSH" && location.pathname !== pathname);
  ({ pathname } = location);
});

const root = createRootRoute({ beforeLoad: () => (isOnward() ? painted() : undefined), component: Root, notFoundComponent: NotFound, errorComponent: ErrorPage });

export interface DevicesSearch {
  q?: string;
  site?: number;
  profile?: string;
  /** Only devices that have stopped talking: late, or silent as well as never heard. */
  state?: "late" | "silent";
  /** The form of a new device is open. */
  dialog?: "new";
}

export interface HomeSearch {
  as?: HomeView;
  /** Hours that count as the last shift. */
  shift?: ShiftHours;
}

export interface QuarantineSearch {
  reason?: string;
  device?: string;
}

export interface AuditSearch {
  q?: string;
  actor?: string;
  target?: string;
}

export interface DeviceSearch {
  /** A preset that follows the present, or a fixed span in ms. */
  range?: Preset;
  from?: number;
  to?: number;
  table?: boolean;
  /** Of the timeline: kinds, separated by commas, and how far it looks back. */
  kinds?: string;
  over?: Period;
}

export interface ConsumptionSearch {
  channel?: string;
  view?: View;
  /** A day of the period. */
  at?: string;
  unit?: string;
}

export interface BalanceSearch {
  view?: View;
  /** A day of the period. */
  at?: string;
}

export interface AlarmsSearch {
  view?: AlarmView;
  priority?: Priority;
  /** A part of the name or of the device's key. */
  q?: string;
  /** The alarm that is opened, whatever its state. */
  id?: number;
}

export interface ExceptionsSearch {
  rule?: Rule;
  device?: string;
}

export interface InvoicesSearch {
  /** In the number. */
  q?: string;
  state?: (typeof INVOICE_STATES)[number];
  /** In which the cycle begins. */
  month?: string;
  customer?: number;
}

/** What a new report begins with. */
export interface ReportsSearch {
  /** Keys, between commas. */
  devices?: string;
  channels?: string;
  from?: string;
  to?: string;
  site?: number;
}

/** What a new rule begins with. */
export interface RuleSearch {
  device?: string;
  channel?: string;
  formula?: string;
}

export interface RunsSearch {
  month?: string;
  site?: number;
}

export interface DashboardSearch {
  edit?: boolean;
  /** What was chosen for its variables. */
  v?: Record<string, string | number>;
}

export interface KioskSearch {
  /** Ids of dashboards, separated by commas. */
  boards?: string;
  /** Seconds. */
  every?: number;
}

export interface AnomaliesSearch {
  state?: State;
  kind?: Kind;
  device?: string;
  faint?: boolean;
  /** The anomaly that is opened. */
  id?: number;
}

/** A part of the address that is a text; a number that was typed by hand is one too. */
function textOf<Name extends string>(given: Record<string, unknown>, name: Name): Partial<Record<Name, string>> {
  const value = given[name];
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && text !== "" ? ({ [name]: text } as Record<Name, string>) : {};
}

/** A part of the address that is one of some words. */
function oneOf<Name extends string, Word extends string>(given: Record<string, unknown>, name: Name, words: readonly Word[]): Partial<Record<Name, Word>> {
  const word = words.find((one) => one === given[name]);
  return word === undefined ? {} : ({ [name]: word } as Record<Name, Word>);
}

function isChosen(given: unknown): given is Record<string, string | number> {
  return typeof given === "object" && given !== null && Object.values(given).every((one) => typeof one === "string" || typeof one === "number");
}

function devicesSearch(given: Record<string, unknown>): DevicesSearch {
  return {
    ...textOf(given, "q"),
    ...(Number.isInteger(given.site) ? { site: given.site as number } : {}),
    ...textOf(given, "profile"),
    ...(given.state === "late" || given.state === "silent" ? { state: given.state } : {}),
    ...(given.dialog === "new" ? { dialog: "new" } : {}),
  };
}

const devices = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: devicesSearch,
  component: firstPage(() => import("./devices/DevicesPage"), "DevicesPage"),
});

/** Where somebody looks for the list who goes up from the address of a device. */
const devicesToo = createRoute({
  getParentRoute: () => root,
  path: "/devices",
  validateSearch: devicesSearch,
  component: DevicesToo,
});

function DevicesToo() {
  return <Navigate to="/" search={devicesToo.useSearch()} replace />;
}

const home = createRoute({
  getParentRoute: () => root,
  path: "/home",
  staticData: { needs: "nothing" },
  validateSearch: (given: Record<string, unknown>): HomeSearch => ({
    ...(isHomeView(given.as) ? { as: given.as } : {}),
    ...(isShift(String(given.shift)) ? { shift: String(given.shift) as ShiftHours } : {}),
  }),
  component: firstPage(() => import("./home/HomePage"), "HomePage"),
});

const device = createRoute({
  getParentRoute: () => root,
  path: "/devices/$key",
  validateSearch: (given: Record<string, unknown>): DeviceSearch => ({
    ...(isPreset(given.range) ? { range: given.range } : {}),
    ...(typeof given.from === "number" && typeof given.to === "number" ? { from: given.from, to: given.to } : {}),
    ...(given.table === true ? { table: true } : {}),
    ...(kindsOf(given.kinds) === undefined ? {} : { kinds: given.kinds as string }),
    ...(isPeriod(given.over) ? { over: given.over } : {}),
  }),
  loader: ({ params: { key } }) => askAhead(key),
  component: firstPage(() => import("./devices/DevicePage"), "DevicePage"),
});

const deviceData = createRoute({
  getParentRoute: () => root,
  path: "/devices/$key/data",
  component: lazyRouteComponent(() => import("./devices/DeviceDataPage"), "DeviceDataPage"),
});

const explore = createRoute({
  getParentRoute: () => root,
  path: "/explore",
  validateSearch: searchOf,
  component: lazyRouteComponent(() => import("./explore/ExplorePage"), "ExplorePage"),
});

const consumption = createRoute({
  getParentRoute: () => root,
  path: "/devices/$key/consumption",
  validateSearch: (given: Record<string, unknown>): ConsumptionSearch => ({
    ...textOf(given, "channel"),
    ...(isView(given.view) ? { view: given.view } : {}),
    ...(isDay(given.at) ? { at: given.at } : {}),
    ...textOf(given, "unit"),
  }),
  component: lazyRouteComponent(() => import("./consumption/ConsumptionPage"), "ConsumptionPage"),
});

const exceptions = createRoute({
  getParentRoute: () => root,
  path: "/exceptions",
  validateSearch: (given: Record<string, unknown>): ExceptionsSearch => ({
    ...(isRule(given.rule) ? { rule: given.rule } : {}),
    ...textOf(given, "device"),
  }),
  component: lazyRouteComponent(() => import("./validation/ExceptionsPage"), "ExceptionsPage"),
});

const anomalies = createRoute({
  getParentRoute: () => root,
  path: "/anomalies",
  validateSearch: (given: Record<string, unknown>): AnomaliesSearch => ({
    ...oneOf(given, "state", states),
    ...oneOf(given, "kind", kinds),
    ...textOf(given, "device"),
    ...(given.faint === true ? { faint: true } : {}),
    ...(Number.isInteger(given.id) ? { id: given.id as number } : {}),
  }),
  component: lazyRouteComponent(() => import("./anomalies/AnomaliesPage"), "AnomaliesPage"),
});

const alarms = createRoute({
  getParentRoute: () => root,
  path: "/alarms",
  validateSearch: (given: Record<string, unknown>): AlarmsSearch => ({
    ...(isAlarmView(given.view) ? { view: given.view } : {}),
    ...(isPriority(given.priority) ? { priority: given.priority } : {}),
    ...textOf(given, "q"),
    ...(Number.isInteger(given.id) ? { id: given.id as number } : {}),
  }),
  component: firstPage(() => import("./alarms/AlarmsPage"), "AlarmsPage"),
});

const alarmRules = createRoute({
  getParentRoute: () => root,
  path: "/alarms/rules",
  component: lazyRouteComponent(() => import("./alarms/RulesPage"), "RulesPage"),
});

const alarmHealth = createRoute({
  getParentRoute: () => root,
  path: "/alarms/health",
  validateSearch: (given: Record<string, unknown>): { month?: string } => textOf(given, "month"),
  component: lazyRouteComponent(() => import("./alarms/HealthPage"), "HealthPage"),
});

const alarmRule = createRoute({
  getParentRoute: () => root,
  path: "/alarms/rules/$id",
  validateSearch: (given: Record<string, unknown>): RuleSearch => ({ ...textOf(given, "device"), ...textOf(given, "channel"), ...textOf(given, "formula") }),
  component: lazyRouteComponent(() => import("./alarms/RulePage"), "RulePage"),
});

const quarantine = createRoute({
  getParentRoute: () => root,
  path: "/quarantine",
  validateSearch: (given: Record<string, unknown>): QuarantineSearch => ({ ...textOf(given, "reason"), ...textOf(given, "device") }),
  component: lazyRouteComponent(() => import("./quarantine/QuarantinePage"), "QuarantinePage"),
});

const sites = createRoute({
  getParentRoute: () => root,
  path: "/sites",
  validateSearch: (given: Record<string, unknown>): { view?: "map" } => (given.view === "map" ? { view: "map" } : {}),
  component: lazyRouteComponent(() => import("./sites/SitesPage"), "SitesPage"),
});

const balance = createRoute({
  getParentRoute: () => root,
  path: "/sites/$id/balance",
  validateSearch: (given: Record<string, unknown>): BalanceSearch => ({
    ...(isView(given.view) ? { view: given.view } : {}),
    ...(isDay(given.at) ? { at: given.at } : {}),
  }),
  component: lazyRouteComponent(() => import("./balance/BalancePage"), "BalancePage"),
});

const reports = createRoute({
  getParentRoute: () => root,
  path: "/reports",
  validateSearch: (given: Record<string, unknown>): ReportsSearch => ({
    ...textOf(given, "devices"),
    ...textOf(given, "channels"),
    ...(isDay(given.from) && isDay(given.to) ? { from: given.from, to: given.to } : {}),
    ...(Number.isInteger(given.site) ? { site: given.site as number } : {}),
  }),
  component: lazyRouteComponent(() => import("./reports/ReportsPage"), "ReportsPage"),
});

const dashboards = createRoute({
  getParentRoute: () => root,
  path: "/dashboards",
  component: lazyRouteComponent(() => import("./dashboards/DashboardsPage"), "DashboardsPage"),
});

const dashboard = createRoute({
  getParentRoute: () => root,
  path: "/dashboards/$id",
  validateSearch: (given: Record<string, unknown>): DashboardSearch => ({ ...(given.edit === true ? { edit: true } : {}), ...(isChosen(given.v) ? { v: given.v } : {}) }),
  component: lazyRouteComponent(() => import("./dashboards/DashboardPage"), "DashboardPage"),
});

const deviceDashboard = createRoute({
  getParentRoute: () => root,
  path: "/dashboards/device/$key",
  component: lazyRouteComponent(() => import("./dashboards/ReadyPage"), "ReadyDevicePage"),
});

const siteDashboard = createRoute({
  getParentRoute: () => root,
  path: "/dashboards/site/$id",
  component: lazyRouteComponent(() => import("./dashboards/ReadyPage"), "ReadySitePage"),
});

const kiosk = createRoute({
  getParentRoute: () => root,
  path: "/kiosk",
  validateSearch: (given: Record<string, unknown>): KioskSearch => ({ ...textOf(given, "boards"), ...(typeof given.every === "number" ? { every: given.every } : {}) }),
  component: lazyRouteComponent(() => import("./dashboards/KioskPage"), "KioskPage"),
});

/** What a public link shows, to nobody in particular. */
const shared = createRoute({
  getParentRoute: () => root,
  path: "/shared",
  staticData: { needs: "nothing" },
  component: lazyRouteComponent(() => import("./dashboards/SharedPage"), "SharedPage"),
});

const view = createRoute({
  getParentRoute: () => root,
  path: "/views/$id",
  staticData: { needs: "nothing" },
  component: lazyRouteComponent(() => import("./views/ViewPage"), "ViewPage"),
});

const status = createRoute({
  getParentRoute: () => root,
  path: "/status",
  component: lazyRouteComponent(() => import("./status/StatusPage"), "StatusPage"),
});

const link = createRoute({
  getParentRoute: () => root,
  path: "/link",
  component: lazyRouteComponent(() => import("./session/LinkPage"), "LinkPage"),
});

/** Where a sign-in at another provider ends when it was refused. */
const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  staticData: { needs: "nothing" },
  validateSearch: (given: Record<string, unknown>): { refused?: string } => textOf(given, "refused"),
  component: () => <Navigate to="/home" replace />,
});

const claim = createRoute({
  getParentRoute: () => root,
  path: "/claim",
  staticData: { needs: "nothing" },
  component: lazyRouteComponent(() => import("./claim/ClaimPage"), "ClaimPage"),
});

const account = createRoute({
  getParentRoute: () => root,
  path: "/account",
  staticData: { needs: "nothing" },
  component: lazyRouteComponent(() => import("./account/AccountPage"), "AccountPage"),
});

const ownNotifications = createRoute({
  getParentRoute: () => root,
  path: "/notifications",
  staticData: { needs: "nothing" },
  component: lazyRouteComponent(() => import("./notifications/NotificationsPage"), "NotificationsPage"),
});

const escalation = createRoute({
  getParentRoute: () => root,
  path: "/escalation",
  staticData: { needs: "configure" },
  component: lazyRouteComponent(() => import("./notifications/EscalationPage"), "EscalationPage"),
});

const messageTemplates = createRoute({
  getParentRoute: () => root,
  path: "/message-templates",
  staticData: { needs: "configure" },
  validateSearch: (given: Record<string, unknown>): Partial<TemplateOf> => {
    const kind = templateKinds.find((one) => one === given.kind);
    const language = templateLanguages.find((one) => one === given.language);
    return { ...(kind === undefined ? {} : { kind }), ...(language === undefined ? {} : { language }) };
  },
  component: lazyRouteComponent(() => import("./notifications/MessageTemplatesPage"), "MessageTemplatesPage"),
});

const people = createRoute({
  getParentRoute: () => root,
  path: "/people",
  staticData: { needs: "administer" },
  validateSearch: (given: Record<string, unknown>): { q?: string } => textOf(given, "q"),
  component: lazyRouteComponent(() => import("./people/PeoplePage"), "PeoplePage"),
});

const person = createRoute({
  getParentRoute: () => root,
  path: "/people/$id",
  staticData: { needs: "administer" },
  component: lazyRouteComponent(() => import("./people/PersonPage"), "PersonPage"),
});

const keys = createRoute({
  getParentRoute: () => root,
  path: "/keys",
  staticData: { needs: "administer" },
  component: lazyRouteComponent(() => import("./people/KeysPage"), "KeysPage"),
});

const fleets = createRoute({
  getParentRoute: () => root,
  path: "/fleets",
  staticData: { needs: "administer" },
  component: lazyRouteComponent(() => import("./fleets/FleetsPage"), "FleetsPage"),
});

const connections = createRoute({
  getParentRoute: () => root,
  path: "/connections",
  staticData: { needs: "configure" },
  component: lazyRouteComponent(() => import("./connections/ConnectionsPage"), "ConnectionsPage"),
});

const connection = createRoute({
  getParentRoute: () => root,
  path: "/connections/$id",
  staticData: { needs: "configure" },
  component: lazyRouteComponent(() => import("./connections/ConnectionPage"), "ConnectionPage"),
});

const invoices = createRoute({
  getParentRoute: () => root,
  path: "/billing",
  staticData: { needs: "bill" },
  validateSearch: (given: Record<string, unknown>): InvoicesSearch => ({
    ...textOf(given, "q"),
    ...oneOf(given, "state", INVOICE_STATES),
    ...(isMonth(given.month) ? { month: given.month } : {}),
    ...(Number.isInteger(given.customer) ? { customer: given.customer as number } : {}),
  }),
  component: lazyRouteComponent(() => import("./billing/InvoicesPage"), "InvoicesPage"),
});

const invoice = createRoute({
  getParentRoute: () => root,
  path: "/billing/invoices/$number",
  staticData: { needs: "nothing" },
  component: lazyRouteComponent(() => import("./billing/InvoicePage"), "InvoicePage"),
});

const customers = createRoute({
  getParentRoute: () => root,
  path: "/billing/customers",
  staticData: { needs: "bill" },
  validateSearch: (given: Record<string, unknown>): { q?: string } => textOf(given, "q"),
  component: lazyRouteComponent(() => import("./billing/CustomersPage"), "CustomersPage"),
});

const customer = createRoute({
  getParentRoute: () => root,
  path: "/billing/customers/$id",
  staticData: { needs: "bill" },
  component: lazyRouteComponent(() => import("./billing/CustomerPage"), "CustomerPage"),
});

const tariffs = createRoute({
  getParentRoute: () => root,
  path: "/billing/tariffs",
  staticData: { needs: "bill" },
  component: lazyRouteComponent(() => import("./billing/TariffsPage"), "TariffsPage"),
});

const tariff = createRoute({
  getParentRoute: () => root,
  path: "/billing/tariffs/$key",
  staticData: { needs: "bill" },
  component: lazyRouteComponent(() => import("./billing/TariffPage"), "TariffPage"),
});

const newTariff = createRoute({
  getParentRoute: () => root,
  path: "/billing/new-tariff",
  staticData: { needs: "bill" },
  validateSearch: (given: Record<string, unknown>): { from?: string } => textOf(given, "from"),
  component: lazyRouteComponent(() => import("./billing/TariffPage"), "NewTariffPage"),
});

const runs = createRoute({
  getParentRoute: () => root,
  path: "/billing/runs",
  staticData: { needs: "bill" },
  validateSearch: (given: Record<string, unknown>): RunsSearch => ({
    ...(isMonth(given.month) ? { month: given.month } : {}),
    ...(Number.isInteger(given.site) ? { site: given.site as number } : {}),
  }),
  component: lazyRouteComponent(() => import("./billing/RunsPage"), "RunsPage"),
});

const payments = createRoute({
  getParentRoute: () => root,
  path: "/billing/payments",
  staticData: { needs: "bill" },
  validateSearch: (given: Record<string, unknown>) => oneOf(given, "state", PAYMENT_STATES),
  component: lazyRouteComponent(() => import("./billing/PaymentsPage"), "PaymentsPage"),
});

const outbox = createRoute({
  getParentRoute: () => root,
  path: "/outbox",
  staticData: { needs: "nothing" },
  component: lazyRouteComponent(() => import("./outbox/OutboxPage"), "OutboxPage"),
});

const portal = createRoute({
  getParentRoute: () => root,
  path: "/my",
  staticData: { needs: "nothing" },
  validateSearch: (given: Record<string, unknown>): BalanceSearch => ({
    ...(isView(given.view) ? { view: given.view } : {}),
    ...(isDay(given.at) ? { at: given.at } : {}),
  }),
  component: firstPage(() => import("./portal/PortalPage"), "PortalPage"),
});

const audit = createRoute({
  getParentRoute: () => root,
  path: "/audit",
  staticData: { needs: "administer" },
  validateSearch: (given: Record<string, unknown>): AuditSearch => ({
    ...textOf(given, "q"),
    ...textOf(given, "actor"),
    ...textOf(given, "target"),
  }),
  component: lazyRouteComponent(() => import("./people/AuditPage"), "AuditPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([home, devices, devicesToo, device, deviceData, explore, consumption, alarms, alarmRules, alarmRule, alarmHealth, exceptions, anomalies, quarantine, sites, balance, reports, dashboards, dashboard, deviceDashboard, siteDashboard, kiosk, shared, view, status, link, signIn, claim, account, ownNotifications, escalation, messageTemplates, people, person, keys, fleets, connections, connection, audit, invoices, invoice, customers, customer, tariffs, tariff, newTariff, runs, payments, outbox, portal]),
  history,
  defaultPreload: "intent",
  defaultErrorComponent: ErrorPage,
});

/** Load the parts that are not open yet, one after the other and out of everybody's way, so that they can still be opened while the server is gone. */
export async function loadPages(): Promise<void> {
  const pages = Object.values(router.routesById).map((route) => () => router.loadRouteChunk(route));
  const parts = [() => loadTexts("pt-BR"), () => loadTexts("en"), loadPalette, () => import("./commands/Commands"), () => import("./session/SessionEnded"), ...pages, () => import("./devices/EditDevice"), () => import("./devices/NewDevice"), () => import("./devices/Credentials"), () => import("./devices/Ownership")];
  for (const load of parts) {
    await idle();
    await load()?.catch(() => undefined);
  }
}

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
  interface StaticDataRouteOption {
    /** What one must be allowed to do somewhere to open the page; to view, where nothing is said. */
    needs?: "nothing" | "configure" | "bill" | "administer";
  }
}
