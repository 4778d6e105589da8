/**
 * Alarms and anomalies above a chart: which of them belong to it, and which lie so close together that they become one mark.
 *
 * Pure, but for `placeMarks`, which follows the chart's axis without React's doing: a live chart moves many times a second.
 */

import type uPlot from "uplot";
import type { Entry } from "./entries";

export interface Marked extends Pick<Entry, "id" | "kind" | "what" | "text" | "channels" | "severity" | "about"> {
  /** ms */
  at: number;
}

/** Marks that are drawn as one. The worst of them gives the shape. */
export interface Cluster {
  from: number;
  to: number;
  marks: readonly Marked[];
  worst: Marked;
}

const WORST_FIRST: readonly Entry["severity"][] = ["critical", "high", "medium", "low", "warning", "info"];
const BEGINNINGS = new Set(["raise", "held"]);
const ROOM_PX = 26; // of a mark: 24 is what a finger needs (WCAG 2.5.8)

/** What begins to be wrong: alarms that were raised, and anomalies that are plain. Oldest first. */
export function marksOf(entries: readonly Entry[]): Marked[] {
  return entries
    .filter(({ kind, what, severity }) => (kind === "alarm" ? BEGINNINGS.has(what) : kind === "anomaly" && severity !== "info"))
    .map(({ id, kind, what, text, channels, severity, about, at }) => ({ id, kind, what, text, channels, severity, about, at: Date.parse(at) }))
    .sort((one, other) => one.at - other.at);
}

/** Those about one of the channels, or about the device as a whole. */
export function ofChannels(marks: readonly Marked[], channels: readonly string[]): Marked[] {
  return marks.filter((one) => one.channels.length === 0 || one.channels.some((channel) => channels.includes(channel)));
}

/** Marks, oldest first, gathered where there is no room for each. `length`: ms of the span; `width`: px of the chart. */
export function clustered(marks: readonly Marked[], length: number, width: number): Cluster[] {
  const near = (length * ROOM_PX) / Math.max(width, ROOM_PX);
  const groups: Marked[][] = [];
  for (const mark of marks) {
    const last = groups.at(-1);
    if (last !== undefined && mark.at - (last[0]?.at ?? 0) < near) last.push(mark);
    else groups.push([mark]);
  }
  return groups.flatMap((group) => {
    const worst = WORST_FIRST.map((severity) => group.find((one) => one.severity === severity)).find((one) => one !== undefined);
    const [first, last] = [group[0], group.at(-1)];
    return worst === undefined || first === undefined || last === undefined ? [] : [{ from: first.at, to: last.at, marks: group, worst }];
  });
}

/** Put each mark above its time, and hide those that are not in the chart's span. */
export function placeMarks(lane: HTMLElement, chart: uPlot): void {
  const left = chart.bbox.left / devicePixelRatio;
  const width = chart.bbox.width / devicePixelRatio;
  lane.style.setProperty("--plot", `${chart.bbox.height / devicePixelRatio + chart.bbox.top / devicePixelRatio}px`);
  for (const mark of lane.children) {
    if (!(mark instanceof HTMLElement)) continue;
    const x = chart.valToPos(Number(mark.dataset.at) / 1000, "x");
    mark.hidden = x < 0 || x > width;
    mark.style.left = `${left + x}px`;
  }
}
