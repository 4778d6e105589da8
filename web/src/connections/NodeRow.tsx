import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, take } from "../api/client";
import { formatNumber } from "../format";
import { type Translate, type Language, useTexts } from "../i18n";
import { Mark } from "../ui/Mark";
import { qualityMark } from "../ui/words";
import type { AddressNode, Connection, NodeContent } from "./types";

const REFRESH_MS = 2_000;
const MOST = 300; // read again and again; those further down stand without a value

/** What nodes hold now; read again every two seconds while the connection is there, as else each time costs a session. */
export function useContents({ id: connection, state }: Connection, nodes: readonly string[]): ReadonlyMap<string, NodeContent> {
  const asked = nodes.slice(0, MOST);
  const { data } = useQuery({
    queryKey: ["connections", connection, "contents", asked],
    queryFn: () => take(api.POST("/api/v1/connections/{connection_id}/read", { params: { path: { connection_id: connection } }, body: { nodes: asked, units: false } })),
    enabled: asked.length > 0,
    refetchInterval: state === "connected" ? REFRESH_MS : false,
    retry: false,
    placeholderData: (before) => before,
  });
  return useMemo(() => new Map(data?.items.map((one) => [one.node, one])), [data]);
}

/** Name, value, type and status of a node, as a row of a tree or a list shows them. */
export function NodeRow(props: { node: AddressNode; content: NodeContent | undefined; isChosen: boolean; isRead: boolean; path?: readonly string[] }) {
  const { t, language } = useTexts();
  const { node, content, isChosen, isRead, path } = props;
  const mark = content === undefined ? null : qualityMark(content.quality);
  return (
    <>
      <span className="space-tick" data-on={isChosen} data-shown={node.kind === "variable"} aria-hidden="true">
        {isChosen ? "✓" : ""}
      </span>
      <span className="space-name">
        {node.name}
        {path !== undefined && path.length > 0 && <span className="quiet space-path">{path.join(" › ")}</span>}
      </span>
      {content !== undefined && (
        <span className="space-value number">
          {valueText(content, t, language)} <span className="quiet">{content.type}</span>
        </span>
      )}
      {mark !== null && content !== undefined && (
        <span className="space-note">
          <Mark kind={mark} /> {content.status}
        </span>
      )}
      {content?.takes === false && <span className="space-note quiet">{t("space.cannot")}</span>}
      {isRead && <span className="space-note quiet">{t("space.read")}</span>}
    </>
  );
}

function valueText({ value }: NodeContent, t: Translate, language: Language): string {
  if (value === null) return "—";
  if (typeof value === "number") return formatNumber(value, null, language);
  return typeof value === "boolean" ? t(value ? "value.true" : "value.false") : value;
}
