import "./home.css";
import { Skeleton, Stack } from "@mantine/core";
import { Navigate, useNavigate, useSearch } from "@tanstack/react-router";
import { Suspense, useDeferredValue, useMemo } from "react";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { Segments } from "../ui/Segments";
import { later } from "../ui/later";
import { Operator } from "./Operator";
import { type HomeView, viewsFor } from "./views";

const Engineer = later(async () => (await import("./Engineer")).Engineer);
const Manager = later(async () => (await import("./Manager")).Manager);

const CHOSEN = "calha.home"; // on this device: a desk in the control room keeps the operator's view

const pages = { operator: Operator, engineer: Engineer, manager: Manager };

/** What wants somebody, by what he is there for. Who sees no site finds his own consumption and bills. */
export function HomePage() {
  const { t } = useTexts();
  const rights = useRights();
  const search = useSearch({ from: "/home" });
  const navigate = useNavigate({ from: "/home" });
  const { views, first } = viewsFor(rights);
  const asked = search.as ?? localStorage.getItem(CHOSEN);
  const view = views.find((one) => one === asked) ?? first;
  const shown = useDeferredValue(view); // the switch answers before the view is drawn
  const content = useMemo(() => {
    const Shown = pages[shown];
    return <Shown />;
  }, [shown]);
  if (!rights.somewhere("view")) return <Navigate to="/my" replace />;
  const show = (chosen: string) => {
    localStorage.setItem(CHOSEN, chosen);
    void navigate({ search: (before) => ({ ...before, as: chosen as HomeView }), replace: true });
  };
  return (
    <>
      <PageTitle title={t("home.title")}>
        <Segments size="xs" aria-label={t("home.as")} value={view} onChange={show} data={views.map((value) => ({ value, label: t(`home.${value}`) }))} />
      </PageTitle>
      <Stack gap="md" aria-busy={shown !== view}>
        <Suspense key={shown} fallback={<Skeleton height={400} />}>
          {content}
        </Suspense>
      </Stack>
    </>
  );
}
