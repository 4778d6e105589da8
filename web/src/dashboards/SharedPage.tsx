import "./dashboards.css";
import { Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { useTexts } from "../i18n";
import { formatTime } from "../format";
import { live } from "../live/hooks";
import { isOutage } from "../ui/failed";
import { problemText } from "../ui/words";
import { Board } from "./Board";
import { KioskHead, Offline } from "./KioskPage";
import { sharedBoard, sharedNow, sharedSource } from "./shared";

const NOW_EVERY_MS = 5_000;
const BOARD_EVERY_MS = 60_000;

/** What somebody sees who has a public link: the dashboard, and nothing around it. */
export function SharedPage() {
  const { t, language } = useTexts();
  const link = useMemo(() => location.hash.slice(1), []);
  const board = useQuery({ queryKey: ["shared", link], queryFn: () => sharedBoard(link), refetchInterval: BOARD_EVERY_MS });
  const now = useQuery({ queryKey: ["shared", link, "now"], queryFn: () => sharedNow(link), refetchInterval: NOW_EVERY_MS, refetchIntervalInBackground: true, retry: false, enabled: board.data !== undefined });
  const data = board.data;
  const source = useMemo(() => (data === undefined ? null : sharedSource(link, data)), [link, data]);
  useEffect(() => {
    if (now.data !== undefined) live.feed(now.data.readings, Date.parse(now.data.now));
  }, [now.data]);
  useEffect(() => {
    if (now.error !== null) live.feedEnded();
  }, [now.error]);
  useEffect(() => {
    document.title = `${data?.name ?? "…"} · Calha`;
  }, [data]);
  // Refused, such as by a link that was revoked: what it showed until now goes with it.
  const refusal = [now.error, board.error].find((error) => error !== null && !isOutage(error)) ?? null;
  if (data === undefined || source === null || refusal !== null) {
    const error = refusal ?? board.error;
    return (
      <main className="waiting" id="content">
        {error === null ? <Loader role="img" aria-label={t("common.loading")} /> : <p role="alert">{problemText(error, t)}</p>}
      </main>
    );
  }
  return (
    <main className="kiosk" id="content">
      <Offline />
      <KioskHead name={data.name} note={t("boards.sharedUntil", { until: formatTime(data.expires_at, language) })} />
      <Board document={data.document} values={data.variables} source={source} site={data.site_id} />
    </main>
  );
}
