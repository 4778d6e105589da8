import type { Me } from "../api/client";
import type { Key } from "../i18n";
import { paysSomething, rightsOf, seesSomething } from "../session/session";
import { administration } from "../shell/administration";
import { pages } from "../shell/pages";

/** Where a line of the palette leads. */
export interface Place {
  to: string;
  text: Key;
}

/** The pages that a person's roles reach. */
export function reachablePages(me: Me): readonly Place[] {
  return [
    ...(seesSomething(me) ? pages : []),
    ...(seesSomething(me) ? ([{ to: "/alarms/rules", text: "rules.title" }, { to: "/alarms/health", text: "health.title" }] as const) : []),
    ...(paysSomething(me) ? ([{ to: "/my", text: "portal.title" }] as const) : []),
    ...administration(rightsOf(me)),
    { to: "/outbox", text: "outbox.title" },
    { to: "/account", text: "user.account" },
    { to: "/notifications", text: "nav.notifications" },
  ];
}

/** What a person may begin. */
export function possibleActions(me: Me): readonly Place[] {
  const rights = rightsOf(me);
  return [
    ...(rights.somewhere("configure") ? ([{ to: "/?dialog=new", text: "search.newDevice" }, { to: "/alarms/rules/new", text: "search.newRule" }] as const) : []),
    ...(rights.somewhere("bill") ? ([{ to: "/billing/new-tariff", text: "search.newTariff" }] as const) : []),
    ...(rights.somewhere("operate") ? ([{ to: "/outbox", text: "outbox.read" }] as const) : []),
    { to: "/claim", text: "user.claim" },
    { to: "/api/docs", text: "user.apiDocs" },
  ];
}
