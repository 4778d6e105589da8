import { formatNumber } from "../format";
import { isKey, type Translate, useTexts } from "../i18n";
import { Mark, type MarkKind } from "../ui/Mark";
import type { Connection } from "./types";

const MARKS: Record<Connection["state"], MarkKind> = { connected: "ok", connecting: "quiet", waiting: "bad", disabled: "quiet" };

/** Whether a connection is there, as a shape and a word. */
export function StateText({ connection }: { connection: Pick<Connection, "state" | "mode"> }) {
  const { t } = useTexts();
  const isPolled = connection.state === "connected" && connection.mode === "polling";
  return (
    <span style={{ display: "inline-flex", gap: 6, alignItems: "center" }}>
      <Mark kind={isPolled ? "warn" : MARKS[connection.state]} /> {t(isPolled ? "connections.polled" : `connections.${connection.state}`)}
    </span>
  );
}

/** How many nodes are how: only what there is. */
export function NodeCounts({ nodes }: { nodes: Connection["nodes"] }) {
  const { t, language } = useTexts();
  const told = (["good", "uncertain", "bad", "unknown"] as const).filter((state) => nodes[state] > 0);
  if (told.length === 0) return <span className="quiet">{t("nodes.none")}</span>;
  return <span className="number">{told.map((state) => t(`count.${state}`, { n: formatNumber(nodes[state], 0, language) })).join(" · ")}</span>;
}

/** Why a connection is not there, and what to do about it. */
export function causeText(cause: string, t: Translate): string {
  const key = `problem.${cause}`;
  return isKey(key) ? t(key) : cause;
}
