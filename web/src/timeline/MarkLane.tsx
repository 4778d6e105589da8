import "./marks.css";
import type { RefObject } from "react";
import { PriorityMark } from "../alarms/PriorityMark";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { wordsOf } from "./entries";
import { EntryLink } from "./EntryLink";
import type { Cluster, Marked } from "./marks";

interface Props {
  clusters: readonly Cluster[];
  device: string;
  zone: string;
  lane: RefObject<HTMLUListElement | null>;
  zoom: (from: number, to: number) => void;
}

/** Alarms and anomalies above a chart, each where it began: a link to it, or a button that looks at several more closely. */
export function MarkLane({ clusters, device, zone, lane, zoom }: Props) {
  const { t, language, own } = useTexts();
  if (clusters.length === 0) return null;
  return (
    <ul ref={lane} className="mark-lane" aria-label={t("mark.title")}>
      {clusters.map(({ from, to, marks, worst }) => (
        <li key={worst.id} data-at={(from + to) / 2} hidden>
          {marks.length === 1 || from === to ? (
            <EntryLink entry={worst} device={device} label={`${wordsOf(worst, own, t)}, ${formatTime(from, language, zone)}`}>
              <Shape of={worst} />
            </EntryLink>
          ) : (
            <button type="button" title={t("mark.several", { n: marks.length })} aria-label={t("mark.several", { n: marks.length })} onClick={() => zoom(from - (to - from) / 4, to + (to - from) / 4)}>
              <Shape of={worst} />
              <span className="number">{marks.length}</span>
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

/** An alarm's priority as everywhere else; an anomaly is a jag in a line. */
export function Shape({ of: { severity } }: { of: Pick<Marked, "severity"> }) {
  if (severity !== "warning" && severity !== "info") return <PriorityMark priority={severity} />;
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" style={{ flex: "none", verticalAlign: "-3px" }}>
      <path d="M1 11h3.5L7 3l3 11 2-6h3" fill="none" stroke={severity === "info" ? "var(--quiet)" : "var(--warn)"} strokeWidth="1.8" strokeLinejoin="round" strokeLinecap="round" />
    </svg>
  );
}
