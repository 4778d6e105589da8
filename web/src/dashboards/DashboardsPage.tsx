import "./dashboards.css";
import { Button, FileButton, Group, Paper, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";
import { useTexts } from "../i18n";
import { useTime } from "../session/time";
import { useRights } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { sitesQuery } from "../sites/queries";
import { Loaded } from "../ui/Loaded";
import { More } from "../ui/More";
import { Section } from "../ui/Section";
import { KioskForm } from "./KioskForm";
import { NewBoard } from "./NewBoard";
import type { Carried, Summary } from "./types";
import { useBoards } from "./useBoards";

/** Dashboards that people have built, and the overviews that are there by themselves. */
export function DashboardsPage() {
  const { t } = useTexts();
  const mayBuild = useRights().somewhere("configure");
  const [making, make] = useState<Carried | "new" | null>(null);
  const [refused, refuse] = useState(false);
  const [rotates, rotate] = useState(false);
  const navigate = useNavigate();
  const open = async (file: File | null) => {
    if (file === null) return;
    const read = await carriedIn(file);
    refuse(read === null);
    if (read !== null) make(read);
  };
  return (
    <>
      <PageTitle title={t("boards.title")}>
        <Button variant="default" onClick={() => rotate(true)}>
          {t("boards.kiosk")}
        </Button>
        {mayBuild && (
          <>
            <FileButton onChange={(file) => void open(file)} accept="application/json,.json">
              {(props) => (
                <Button variant="default" {...props}>
                  {t("boards.import")}
                </Button>
              )}
            </FileButton>
            <Button onClick={() => make("new")}>{t("boards.new")}</Button>
          </>
        )}
      </PageTitle>
      {refused && (
        <Text role="alert" mb="sm">
          {t("boards.notImported")}
        </Text>
      )}
      {rotates && <KioskForm close={() => rotate(false)} />}
      <Kept />
      <Overviews />
      {making !== null && <NewBoard carried={making === "new" ? null : making} close={() => make(null)} made={(id) => void navigate({ to: "/dashboards/$id", params: { id: String(id) }, search: making === "new" ? { edit: true } : {} })} />}
    </>
  );
}

/** A dashboard from a file; null for another file. What is wrong within, the server says. */
async function carriedIn(file: File): Promise<Carried | null> {
  try {
    const read: unknown = JSON.parse(await file.text());
    return typeof read === "object" && read !== null && "calha_dashboard" in read ? (read as Carried) : null;
  } catch {
    return null;
  }
}

function Kept() {
  const { t } = useTexts();
  const [search, setSearch] = useState("");
  const boards = useBoards(useDeferredValue(search));
  return (
    <Section title={t("boards.kept")} text={t("boards.keptText")}>
      <TextInput aria-label={t("boards.search")} placeholder={t("boards.search")} type="search" value={search} onChange={(event) => setSearch(event.currentTarget.value)} maxLength={100} mb="sm" maw={420} />
      <Loaded query={boards} height={80}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) return <Text className="quiet">{t(search === "" ? "boards.none" : "boards.notFound")}</Text>;
          return (
            <Paper component="ul" className="board-list">
              {items.map((one) => (
                <Line key={one.id} board={one} />
              ))}
            </Paper>
          );
        }}
      </Loaded>
      <More of={boards} />
    </Section>
  );
}

function Line({ board }: { board: Summary }) {
  const { t } = useTexts();
  const time = useTime();
  const sites = useQuery(sitesQuery);
  const path = sites.data?.items.find(({ id }) => id === board.site_id)?.path.join(" › ") ?? "";
  return (
    <li>
      <div>
        <Link to="/dashboards/$id" params={{ id: String(board.id) }} className="plain-link">
          {board.name}
        </Link>
        <Text size="sm" className="quiet">
          {path} · {t("boards.widgets", { n: board.widgets })}
        </Text>
      </div>
      <Text size="xs" className="quiet">
        {t("boards.changed", { by: board.changed_by, at: time(board.changed_at) })}
      </Text>
    </li>
  );
}

function Overviews() {
  const { t } = useTexts();
  const sites = useQuery(sitesQuery);
  return (
    <div style={{ marginTop: 16 }}>
      <Section title={t("boards.ready")} text={t("boards.readyText")}>
        <Loaded query={sites} height={80}>
          {({ items }) => (
            <Group gap="xs">
              {items.map(({ id, path }) => (
                <Button key={id} component={Link} to={`/dashboards/site/${id}`} variant="default" size="compact-md">
                  {path.slice(-2).join(" › ")}
                </Button>
              ))}
            </Group>
          )}
        </Loaded>
      </Section>
    </div>
  );
}
