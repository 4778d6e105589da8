/** Alarms as an operator works through them: what comes first, what can be done, what a key means. Pure. */

import type { components } from "../api/schema";
import { meaningOf } from "../ui/work";

export type Alarm = components["schemas"]["AlarmAnswer"];
export type Priority = Alarm["priority"];
export type AlarmState = Alarm["state"];
export type View = "standing" | "shelved" | "out";

export const PRIORITIES: readonly Priority[] = ["critical", "high", "medium", "low"];
export const STANDING: ReadonlySet<AlarmState> = new Set(["unacknowledged", "acknowledged", "returned", "latched"]);
const AWAY: Record<Exclude<View, "standing">, readonly AlarmState[]> = { shelved: ["shelved"], out: ["suppressed", "out_of_service"] };

export function isView(value: unknown): value is View {
  return value === "standing" || value === "shelved" || value === "out";
}

export function isPriority(value: unknown): value is Priority {
  return PRIORITIES.some((one) => one === value);
}

/** The states that a list shows. */
export function statesOf(view: View): readonly AlarmState[] {
  return view === "standing" ? [...STANDING] : AWAY[view];
}

/** The most pressing first: by priority, then what nobody has acknowledged, then the newest. */
export function inOrder(alarms: readonly Alarm[]): Alarm[] {
  const newest = (one: Alarm) => Date.parse(one.raised_at ?? one.changed_at);
  return [...alarms].sort(
    (one, other) => PRIORITIES.indexOf(one.priority) - PRIORITIES.indexOf(other.priority) || Number(one.is_acknowledged) - Number(other.is_acknowledged) || newest(other) - newest(one) || one.id - other.id,
  );
}

/** A list of standing alarms after one of them has changed. */
export function withNews(alarms: readonly Alarm[], news: Alarm): Alarm[] {
  const others = alarms.filter(({ id }) => id !== news.id);
  return STANDING.has(news.state) ? [...others, news] : others;
}

/** A list with the alarm that was asked for, first where it is none of the list. */
export function withOpened(alarms: readonly Alarm[], opened: Alarm | undefined): Alarm[] {
  return opened === undefined || alarms.some(({ id }) => id === opened.id) ? [...alarms] : [opened, ...alarms];
}

/** How many wait to be acknowledged, how many stand, and the highest priority among those that wait (else among all). */
export function summary(alarms: readonly Alarm[]): { waiting: number; standing: number; worst: Priority | null } {
  const waiting = alarms.filter(({ is_acknowledged }) => !is_acknowledged);
  const among = waiting.length > 0 ? waiting : alarms;
  return { waiting: waiting.length, standing: alarms.length, worst: PRIORITIES.find((priority) => among.some((one) => one.priority === priority)) ?? null };
}

export type Act = "acknowledge" | "reset" | "shelve" | "unshelve" | "suppress" | "unsuppress" | "out-of-service" | "return-to-service";

/** Those that come with a comment or a reason. */
export type NotedAct = "acknowledge" | "shelve" | "suppress" | "out-of-service";

export function isNoted(act: Act): act is NotedAct {
  return act === "acknowledge" || act === "shelve" || act === "suppress" || act === "out-of-service";
}

const POSSIBLE: Record<Act, (alarm: Alarm) => boolean> = {
  acknowledge: ({ state, is_acknowledged }) => STANDING.has(state) && !is_acknowledged,
  reset: ({ state, is_acknowledged }) => state === "latched" && is_acknowledged,
  unshelve: ({ state }) => state === "shelved",
  unsuppress: ({ state }) => state === "suppressed",
  "return-to-service": ({ state }) => state === "out_of_service",
  shelve: ({ state }) => STANDING.has(state) || state === "shelved",
  suppress: ({ state }) => STANDING.has(state) || state === "shelved",
  "out-of-service": ({ state }) => STANDING.has(state) || state === "shelved" || state === "suppressed",
};
export const ACTS = Object.keys(POSSIBLE) as readonly Act[];

/** Those of the alarms with which that can be done now. */
export function possible(act: Act, alarms: readonly Alarm[]): Alarm[] {
  return alarms.filter(POSSIBLE[act]);
}

export const KEYS = { j: "next", k: "previous", " ": "tick", a: "acknowledge", s: "shelve", r: "reset" } as const;
export type KeyAction = (typeof KEYS)[keyof typeof KEYS];
export const actionOf = meaningOf(KEYS);

/** The reason of an alarm that its rule has suppressed, and no person. */
export const BY_DESIGN = "by_design";
