import { Loader } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, Suspense, useEffect, useRef, useState } from "react";
import type { Me } from "../api/client";
import { onRefused } from "../api/http";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { keepOnlyOf } from "../offline/forget";
import { lookAfter } from "../outbox/outbox";
import { ErrorNote } from "../shell/Pages";
import { later } from "../ui/later";
import { seesSomething, SessionContext, sessionQuery } from "./session";

const Welcome = later(async () => (await import("./Welcome")).Welcome);
const SessionEnded = later(async () => (await import("./SessionEnded")).SessionEnded);

/** Shows the app to whoever has signed in; to others the way in. The address stays, so that one arrives where one wanted to go. */
export function Gate({ children }: { children: ReactNode }) {
  const session = useQuery(sessionQuery);
  const me = useLastKnown(session.data);
  useLive(me, session.data === null);
  useLanguageOf(me);
  useEscapeKept();
  useForgetting(session.data);
  useAnew(me);
  useOwnOutbox(session.data === null ? null : me);
  if (me === null) {
    if (session.data === null) return <Suspense fallback={<Waiting />}>{<Welcome />}</Suspense>;
    return session.isError ? <ErrorNote error={session.error} retry={() => void session.refetch()} /> : <Waiting />;
  }
  return (
    <SessionContext value={me}>
      {children}
      {session.data === null && (
        <Suspense>
          <SessionEnded me={me} />
        </Suspense>
      )}
    </SessionContext>
  );
}

/** Stays when the session ends, because the page underneath stays too. */
function useLastKnown(me: Me | null | undefined): Me | null {
  const [known, know] = useState<Me | null>(null);
  if (me !== undefined && me !== null && me !== known) know(me);
  return me ?? known;
}

/** What was kept for a time without a connection is for the person who saw it, and for nobody after him. */
function useForgetting(session: Me | null | undefined): void {
  const whose = session === undefined ? undefined : (session?.person?.id ?? null);
  useEffect(() => {
    if (whose !== undefined) void keepOnlyOf(whose);
  }, [whose]);
}

/** Who is signed in here has changed in another tab: the page begins anew, so that nothing of what the one before saw stays. */
function useAnew(me: Me | null): void {
  const first = useRef<Me | null>(null);
  useEffect(() => {
    first.current ??= me;
    if (first.current?.person?.id !== me?.person?.id) location.reload();
  }, [me]);
}

/** What waits to be sent is sent while its person is signed in. */
function useOwnOutbox(me: Me | null): void {
  const { t } = useTexts();
  const whose = me?.person?.id;
  useEffect(() => (whose === undefined ? undefined : lookAfter(whose, t)), [whose, t]);
}

function useLive(me: Me | null, hasEnded: boolean): void {
  const queries = useQueryClient();
  useEffect(() => {
    const lookAgain = () => void queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
    onRefused(lookAgain);
    return live.onRefused(lookAgain);
  }, [queries]);
  const isWanted = me !== null && !hasEnded && seesSomething(me);
  useEffect(() => {
    if (isWanted) live.start();
    else live.stop();
  }, [isWanted]);
}

/** On a device where nobody has chosen a language, the person's own. */
function useLanguageOf(me: Me | null): void {
  const { suggest } = useTexts();
  const language = me?.person?.language;
  useEffect(() => {
    if (language !== undefined) suggest(language);
  }, [language, suggest]);
}

/** Escape would reach the app's own dialogs underneath and close them. Registered before theirs, so that it hears first. */
function useEscapeKept(): void {
  useEffect(() => {
    const keep = (event: KeyboardEvent) => {
      if (event.key === "Escape" && document.querySelector("dialog.ended[open]") !== null) event.stopImmediatePropagation();
    };
    window.addEventListener("keydown", keep, true);
    return () => window.removeEventListener("keydown", keep, true);
  }, []);
}

function Waiting() {
  const { t } = useTexts();
  return (
    <div className="waiting" role="status" aria-label={t("common.loading")}>
      <Loader />
    </div>
  );
}
