/** A rule as it is written in a form, and as the server takes it. Pure. */

import type { components } from "../api/schema";
import { decimalOf } from "../ui/decimal";
import { isPriority, type Priority } from "./alarms";
import { type Period, periodsOf } from "./schedule";

export type Rule = components["schemas"]["RuleAnswer"];
export type Where = components["schemas"]["RuleWhere"];
export type NewRule = components["schemas"]["NewRule"];
export type Cure = components["schemas"]["CureAnswer"];
type Definition = Record<string, unknown>;

export const KINDS = ["value", "rate", "deviation", "expected", "least_hour", "voltage_quality", "state", "no_data", "difference", "formula"] as const;
export type Kind = (typeof KINDS)[number];
export const LIMITS = ["hihi", "hi", "lo", "lolo"] as const;
export type LimitName = (typeof LIMITS)[number];
export type Scope = "all" | "profile" | "site" | "device";
export const SCOPES: readonly Scope[] = ["device", "profile", "site", "all"];

/** Texts are as they were typed, so that a number may stand half written. `rest`: what the form does not show. */
export interface Draft {
  name: string;
  scope: Scope;
  profile: string;
  site: string;
  device: string;
  kind: Kind;
  channel: string;
  other: string;
  isPercent: boolean;
  overMin: string;
  codes: string;
  nominal: string;
  measure: string;
  level: string;
  formula: string;
  limits: Record<LimitName, { value: string; priority: Priority }>;
  priority: Priority;
  deadband: string;
  onDelayS: string;
  offDelayS: string;
  lastingS: string;
  repeatCount: string;
  repeatMin: string;
  schedule: Period[];
  suppressChannel: string;
  suppressCodes: string;
  suppressAfterS: string;
  isLatching: boolean;
  firstOut: string;
  cause: string;
  consequence: string;
  action: string;
  respondMin: string;
  isEnabled: boolean;
  rest: Definition;
}

interface Limit {
  value: number;
  priority: Priority;
}

const limitDraft = (priority: Priority) => ({ value: "", priority });

export const BLANK: Draft = {
  name: "",
  scope: "device",
  profile: "",
  site: "",
  device: "",
  kind: "value",
  channel: "",
  other: "",
  isPercent: false,
  overMin: "10",
  codes: "",
  nominal: "220",
  measure: "drp",
  level: "low",
  formula: "",
  limits: { hihi: limitDraft("high"), hi: limitDraft("medium"), lo: limitDraft("medium"), lolo: limitDraft("high") },
  priority: "medium",
  deadband: "",
  onDelayS: "",
  offDelayS: "",
  lastingS: "",
  repeatCount: "",
  repeatMin: "10",
  schedule: [],
  suppressChannel: "",
  suppressCodes: "0",
  suppressAfterS: "",
  isLatching: false,
  firstOut: "",
  cause: "",
  consequence: "",
  action: "",
  respondMin: "",
  isEnabled: true,
  rest: {},
};

/** A new rule over what somebody looked at. */
export function begun({ device = "", channel = "", formula = "" }: { device?: string; channel?: string; formula?: string }): Draft {
  return { ...BLANK, device, channel, formula, kind: formula === "" ? "value" : "formula" };
}

/** A draft of a rule that is kept. write: how a number is written in the person's language. */
export function draftOf(rule: Pick<Rule, "name" | "definition" | "where" | "rationalisation" | "is_enabled">, write: (value: number) => string): Draft {
  const { signal, limits, priority, deadband, on_delay_s, off_delay_s, lasting_s, repeat, schedule, suppress_while, latching, first_out, ...rest } = rule.definition;
  const given = (signal ?? {}) as Definition;
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const written = (value: unknown, by = 1) => (typeof value === "number" && value !== 0 ? write(value / by) : "");
  const kept = (limits ?? {}) as Record<string, Limit | number | undefined>;
  const repeated = (repeat ?? {}) as Definition;
  const design = (suppress_while ?? {}) as Definition;
  const { profile, site_id, device } = rule.where;
  const why = rule.rationalisation;
  const common = isPriority(priority) ? priority : "medium";
  const limitOf = (name: LimitName) => {
    const limit = kept[name];
    if (limit === undefined) return BLANK.limits[name];
    return typeof limit === "number" ? { value: write(limit), priority: common } : { value: write(limit.value), priority: limit.priority };
  };
  return {
    ...BLANK,
    name: rule.name,
    scope: device ? "device" : profile ? "profile" : site_id ? "site" : "all",
    profile: profile ?? "",
    site: site_id ? String(site_id) : "",
    device: device ?? "",
    kind: KINDS.find((kind) => kind === given.kind) ?? "value",
    channel: text(given.channel),
    other: text(given.other),
    isPercent: given.percent === true,
    overMin: written(given.over_s, 60) || BLANK.overMin,
    codes: codesText(given.codes),
    nominal: written(given.nominal) || BLANK.nominal,
    measure: text(given.measure) || BLANK.measure,
    level: text(given.level) || BLANK.level,
    formula: text(given.text),
    limits: { hihi: limitOf("hihi"), hi: limitOf("hi"), lo: limitOf("lo"), lolo: limitOf("lolo") },
    priority: common,
    deadband: written(deadband),
    onDelayS: written(on_delay_s),
    offDelayS: written(off_delay_s),
    lastingS: written(lasting_s),
    repeatCount: written(repeated.count),
    repeatMin: written(repeated.within_s, 60) || BLANK.repeatMin,
    schedule: periodsOf(schedule),
    suppressChannel: text(design.channel),
    suppressCodes: codesText(design.codes) || BLANK.suppressCodes,
    suppressAfterS: written(design.after_s),
    isLatching: latching === true,
    firstOut: text(first_out),
    cause: why.cause,
    consequence: why.consequence,
    action: why.action,
    respondMin: written(why.respond_s, 60),
    isEnabled: rule.is_enabled,
    rest,
  };
}

type Texts = Record<string, string>;

/** A rule that comes with a profile. */
export interface ReadyRule {
  key: string;
  name: Texts;
  definition: Definition;
  cause: Texts;
  consequence: Texts;
  action: Texts;
  respond_s: number | null;
}

/** A draft that begins with a ready rule, for all devices of its profile. */
export function draftOfReady(ready: ReadyRule, profile: string, own: (text: Texts) => string, write: (value: number) => string): Draft {
  const { cause, consequence, action, respond_s } = ready;
  return draftOf(
    { name: own(ready.name), definition: ready.definition, where: { profile, site_id: null, device: null }, rationalisation: { cause: own(cause), consequence: own(consequence), action: own(action), respond_s }, is_enabled: true },
    write,
  );
}

/** Number that was typed; what is no number goes as it is, so that the server names the place. */
function numberOf(typed: string): number | string {
  const value = Number(decimalOf(typed) ?? "0");
  return Number.isNaN(value) ? typed : value;
}

const times = (value: number | string, by: number) => (typeof value === "number" ? value * by : value);

export function hasLimits(draft: Pick<Draft, "kind" | "limits">): boolean {
  return draft.kind !== "state" && draft.kind !== "no_data" && (draft.kind !== "formula" || LIMITS.some((name) => draft.limits[name].value.trim() !== ""));
}

const codesText = (given: unknown) => (Array.isArray(given) ? given.join(", ") : "");
const codesOf = (typed: string) =>
  typed
    .split(/[\s,;]+/)
    .filter((one) => one !== "")
    .map(numberOf);

function signalOf(draft: Draft): Definition {
  const { kind, channel } = draft;
  switch (kind) {
    case "value":
    case "least_hour":
      return { kind, channel };
    case "expected":
      return { kind, channel, percent: draft.isPercent };
    case "voltage_quality":
      return { kind, channel, nominal: numberOf(draft.nominal), measure: draft.measure, level: draft.level };
    case "rate":
    case "deviation":
      return { kind, channel, over_s: times(numberOf(draft.overMin), 60) };
    case "state":
      return { kind, channel, codes: codesOf(draft.codes) };
    case "no_data":
      return { kind };
    case "difference":
      return { kind, channel, other: draft.other, percent: draft.isPercent };
    case "formula":
      return { kind, text: draft.formula };
  }
}

/** The rule's definition as the server reads it. */
export function definitionOf(draft: Draft): Definition {
  const limits = LIMITS.filter((name) => draft.limits[name].value.trim() !== "").map((name) => [name, { value: numberOf(draft.limits[name].value), priority: draft.limits[name].priority }]);
  return {
    ...draft.rest,
    signal: signalOf(draft),
    ...(hasLimits(draft) ? { limits: Object.fromEntries(limits) as Definition } : { priority: draft.priority }),
    deadband: numberOf(draft.deadband),
    on_delay_s: numberOf(draft.onDelayS),
    off_delay_s: numberOf(draft.offDelayS),
    lasting_s: numberOf(draft.lastingS),
    schedule: draft.schedule,
    latching: draft.isLatching,
    first_out: draft.firstOut.trim(),
    ...(draft.suppressChannel.trim() === "" ? {} : { suppress_while: { channel: draft.suppressChannel, codes: codesOf(draft.suppressCodes), after_s: numberOf(draft.suppressAfterS) } }),
    ...(draft.repeatCount.trim() === "" ? {} : { repeat: { count: numberOf(draft.repeatCount), within_s: times(numberOf(draft.repeatMin), 60) } }),
  };
}

export function whereOf({ scope, profile, site, device }: Draft): Where {
  return { profile: scope === "profile" && profile !== "" ? profile : null, site_id: scope === "site" && site !== "" ? Number(site) : null, device: scope === "device" ? device : null };
}

/** Whether it is said for which devices; a rule for all is only one that was meant so. */
export function isPlaced({ scope, profile, site, device }: Draft): boolean {
  return scope === "all" || { profile, site, device }[scope] !== "";
}

export function bodyOf(draft: Draft): NewRule {
  const respond = numberOf(draft.respondMin);
  return {
    name: draft.name.trim(),
    definition: definitionOf(draft),
    where: whereOf(draft),
    rationalisation: { cause: draft.cause, consequence: draft.consequence, action: draft.action, respond_s: typeof respond === "number" && respond > 0 ? Math.round(respond * 60) : null },
    is_enabled: draft.isEnabled,
  };
}

/** The draft with the setting that quietens it. */
export function cured(draft: Draft, { setting, value }: Cure, write: (value: number) => string): Draft {
  const name = { deadband: "deadband", on_delay_s: "onDelayS", off_delay_s: "offDelayS" } as const;
  return { ...draft, [name[setting]]: write(value) };
}
