import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import { useTexts } from "../i18n";
import { useAge, useConnection } from "../live/hooks";
import { useKeptAt } from "../offline/kept";
import { ErrorNote } from "../shell/Pages";
import { isOutage, useTrouble } from "./failed";
import { useFirst } from "./useFirst";

interface Query<Data> {
  data: Data | undefined;
  error: unknown;
  errorUpdateCount: number;
  dataUpdatedAt: number;
  refetch: () => unknown;
}

/** What a query found. If asking again fails, what was found last, grey and with its age: better than nothing at all. */
export function Loaded<Data>({ query, height, children }: { query: Query<Data>; height: number; children: (data: Data) => ReactNode }) {
  const { data, refetch } = query;
  const isDrawn = useFirst(data !== undefined);
  const error = useTrouble(query);
  const keptAt = useKeptAt();
  const isLost = useConnection() === "lost" || keptAt !== null;
  if (error !== null && (data === undefined || !isOutage(error))) return <ErrorNote error={error} retry={() => void refetch()} />;
  if (data === undefined || !isDrawn) return <Skeleton height={height} />;
  const isStale = error !== null || isLost;
  return (
    <>
      {isStale && <LastKnown at={Math.min(query.dataUpdatedAt, keptAt ?? Infinity)} />}
      <div className={isStale ? "stale" : undefined}>{children(data)}</div>
    </>
  );
}

function LastKnown({ at }: { at: number }) {
  const { t } = useTexts();
  const age = useAge(at);
  return <p className="quiet number last-known">{t("connection.lastKnown", { age })}</p>;
}
