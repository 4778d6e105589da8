import "./dashboards.css";
import { Alert } from "@mantine/core";
import { Link, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { useLostAt, useNow } from "../live/hooks";
import { Printed } from "../shell/Printed";
import { Loaded } from "../ui/Loaded";
import { Board } from "./Board";
import { sourceOf } from "./signedIn";
import { EVERY_S, LEAST_S } from "./rotation";
import { useBoard } from "./useBoards";
import { valuesOf } from "./variables";

/** Dashboards one after the other on a screen that nobody operates: nothing but them, the time, and whether it is current. */
export function KioskPage() {
  const { t } = useTexts();
  const search = useSearch({ from: "/kiosk" });
  const boards = useMemo(() => (search.boards ?? "").split(",").map(Number).filter((id) => Number.isInteger(id) && id > 0), [search.boards]);
  const shown = useRotation(boards.length, Math.max(LEAST_S, search.every ?? EVERY_S));
  useAwake();
  useEffect(() => {
    document.title = `${t("boards.kiosk")} · Calha`;
  }, [t]);
  const id = boards[shown];
  return (
    <main className="kiosk" id="content">
      <Offline />
      {id === undefined ? <NothingChosen /> : <KioskBoard key={id} id={id} place={boards.length > 1 ? `${shown + 1} / ${boards.length}` : ""} />}
    </main>
  );
}

function NothingChosen() {
  const { t } = useTexts();
  return (
    <p>
      {t("boards.kioskEmpty")} <Link to="/dashboards">{t("boards.title")}</Link>
    </p>
  );
}

/** Which of so many is shown; the next one after some seconds, the first after the last. */
function useRotation(count: number, every_s: number): number {
  const [shown, show] = useState(0);
  useEffect(() => {
    if (count < 2) return;
    const turning = setInterval(() => show((now) => (now + 1) % count), every_s * 1000);
    return () => clearInterval(turning);
  }, [count, every_s]);
  return count === 0 ? 0 : shown % count;
}

/** Keep the screen on, where the browser can; it lets go while the page is hidden. */
function useAwake(): void {
  useEffect(() => {
    const wakes = (navigator as { wakeLock?: { request: (kind: "screen") => Promise<{ release: () => Promise<void> }> } }).wakeLock;
    let held: { release: () => Promise<void> } | null = null;
    const hold = () => {
      if (document.visibilityState === "visible") wakes?.request("screen").then((lock) => (held = lock), () => undefined); // refused on battery, say
    };
    hold();
    document.addEventListener("visibilitychange", hold);
    return () => {
      document.removeEventListener("visibilitychange", hold);
      void held?.release();
    };
  }, []);
}

export function Offline() {
  const { t, language } = useTexts();
  const lostAt = useLostAt();
  if (lostAt === null) return null;
  return (
    <Alert color="orange" variant="filled" role="alert" className="kiosk-offline">
      {t("connection.lost", { time: formatTime(lostAt, language) })}
    </Alert>
  );
}

function KioskBoard({ id, place }: { id: number; place: string }) {
  const { t } = useTexts();
  const board = useBoard(id);
  const source = useMemo(() => sourceOf(id), [id]);
  return (
    <Loaded query={board} height={600}>
      {(data) => (
        <>
          <KioskHead name={data.name} note={place}>
            <Link to="/dashboards/$id" params={{ id: String(id) }} className="kiosk-leave">
              {t("boards.leaveKiosk")}
            </Link>
          </KioskHead>
          <Board document={data.document} values={valuesOf(data.document.variables, {})} source={source} site={data.site_id} hasMenus={false} />
        </>
      )}
    </Loaded>
  );
}

export function KioskHead({ name, note, children }: { name: string; note: string; children?: React.ReactNode }) {
  const { language } = useTexts();
  const now = useNow();
  return (
    <header className="kiosk-head">
      <Printed />
      <h1>{name}</h1>
      <span className="quiet number">{note}</span>
      {children}
      <time className="number">{new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(now)}</time>
    </header>
  );
}
