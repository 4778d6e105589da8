import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useAllTexts, useTexts } from "../i18n";
import { useConnection } from "../live/hooks";
import { useTold, useTrouble } from "../ui/failed";
import { Mark, type MarkKind } from "../ui/Mark";
import { problemText } from "../ui/words";

/** A number, what is said of it, and whether it wants attention. */
export interface Shown {
  value: string;
  note?: string;
  mark?: ReactNode;
}

/** How many there are; any at all want attention where a mark is given. */
export function counted(count: number, mark?: MarkKind): Shown {
  return { value: String(count), mark: count > 0 && mark !== undefined && <Mark kind={mark} /> };
}

interface Query<Data> {
  data: Data | undefined;
  error: unknown;
  errorUpdateCount: number;
  isFetching: boolean;
  refetch: () => unknown;
}

interface Props<Data> {
  name: string;
  query: Query<Data>;
  show: (data: Data) => Shown;
  to: string;
}

/** A number that leads to what it counts. Its place is kept while it is not known yet, so that nothing jumps. */
export function Indicator<Data>({ name, query, show, to }: Props<Data>) {
  const isLost = useConnection() === "lost";
  const trouble = useTrouble(query);
  if (query.data === undefined && trouble !== null) return <Missing name={name} trouble={trouble} query={query} />;
  const shown: Shown = query.data === undefined ? { value: "…" } : show(query.data);
  return (
    <Link to={to} className={`panel indicator ${isLost || trouble !== null ? "stale" : ""}`} aria-busy={query.data === undefined}>
      <span className="indicator-name">{name}</span>
      <span className="indicator-value number">
        {shown.mark} {shown.value}
      </span>
      <span className="indicator-note quiet">{shown.note ?? ""}</span>
    </Link>
  );
}

function Missing({ name, trouble, query }: { name: string; trouble: unknown; query: Query<unknown> }) {
  const { t } = useTexts();
  useAllTexts();
  useTold(trouble);
  return (
    <div className="panel indicator" role="group" aria-label={name}>
      <span className="indicator-name">
        <Mark kind="bad" /> {name}
      </span>
      <span className="indicator-note">{problemText(trouble, t)}</span>
      <Button size="compact-xs" variant="default" loading={query.isFetching} onClick={() => void query.refetch()}>
        {t("common.retry")}
      </Button>
    </div>
  );
}

/** In a table: that a figure is still asked for, or could not be had. */
export function Awaited({ query }: { query: Query<unknown> }) {
  const { t } = useTexts();
  const trouble = useTrouble(query);
  useTold(trouble);
  if (trouble === null) return "…";
  return (
    <Button size="compact-xs" variant="default" loading={query.isFetching} onClick={() => void query.refetch()} title={problemText(trouble, t)}>
      {t("common.retry")}
    </Button>
  );
}

export function Indicators({ children }: { children: ReactNode }) {
  return <div className="indicators">{children}</div>;
}
