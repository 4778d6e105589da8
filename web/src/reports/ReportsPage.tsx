import { Button, Group, Paper, Stack, Text, TextInput } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { Confirm } from "../ui/Confirm";
import { Dialog } from "../ui/Dialog";
import { Loaded } from "../ui/Loaded";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";
import { localeOf } from "../ui/week";
import { type Report, weekBegins, words } from "./definitions";
import { History } from "./History";
import { type Begin, ReportForm } from "./ReportForm";
import { useDelete, useReports, useRun } from "./useReports";

/** Reports: made at once or saved, with a schedule; what is being made, and what was made and sent. */
export function ReportsPage() {
  const { t, language } = useTexts();
  const { devices, channels, from, to, site } = useSearch({ from: "/reports" });
  const navigate = useNavigate({ from: "/reports" });
  const begin: Begin | undefined = devices === undefined ? undefined : { devices: words(devices), channels: words(channels ?? ""), site_id: site ?? 0, ...(from === undefined || to === undefined ? {} : { period: { from, to, week_begins: weekBegins(localeOf(language)) } }) };
  const [editing, setEditing] = useState<Report | "new" | null>(begin === undefined ? null : "new");
  const edit = (next: Report | "new" | null) => {
    setEditing(next);
    if (begin !== undefined) void navigate({ search: {}, replace: true });
  };
  const [search, setSearch] = useState("");
  const reports = useReports(useDeferredValue(search));
  return (
    <>
      <PageTitle title={t("reports.title")}>
        <Button onClick={() => edit("new")}>{t("reports.new")}</Button>
      </PageTitle>
      <Stack gap="lg">
        <Section title={t("reports.savedOnes")} text={t("reports.savedText")}>
          <TextInput aria-label={t("reports.search")} placeholder={t("reports.search")} value={search} onChange={(event) => setSearch(event.currentTarget.value)} maxLength={100} mb="sm" type="search" />
          <Loaded query={reports} height={80}>
            {({ items }) => (items.length === 0 ? <Text className="quiet">{t(search === "" ? "reports.none" : "reports.notFound")}</Text> : <Saved reports={items} edit={edit} />)}
          </Loaded>
        </Section>
        <History />
      </Stack>
      {editing !== null && (
        <Dialog onClose={() => edit(null)} title={t(editing === "new" ? "reports.new" : "reports.edit")} size="lg">
          <ReportForm {...(editing === "new" ? (begin === undefined ? {} : { begin }) : { report: editing })} done={() => edit(null)} />
        </Dialog>
      )}
    </>
  );
}

function Saved({ reports, edit }: { reports: readonly Report[]; edit: (report: Report) => void }) {
  const { t } = useTexts();
  const [doomed, doom] = useState<Report | null>(null);
  const remove = useDelete();
  const run = useRun();
  return (
    <>
      <Refusal error={run.error ?? remove.error} />
      <Paper component="ul" style={{ listStyle: "none", margin: 0, padding: 0 }}>
        {reports.map((report) => (
          <SavedLine key={report.id} report={report} edit={edit} doom={doom} run={(send) => run.mutate({ id: report.id, send })} isPending={run.isPending} />
        ))}
      </Paper>
      <Confirm
        opened={doomed !== null}
        question={t("reports.deleteAsk", { name: doomed?.name ?? "" })}
        action={t("common.delete")}
        close={() => doom(null)}
        confirm={() => {
          if (doomed !== null) remove.mutate(doomed.id);
        }}
      />
    </>
  );
}

interface LineProps {
  report: Report;
  edit: (report: Report) => void;
  doom: (report: Report) => void;
  run: (send: boolean) => void;
  isPending: boolean;
}

function SavedLine({ report, edit, doom, run, isPending }: LineProps) {
  const { t, language } = useTexts();
  const mayChange = useRights().on("configure", report.definition.site_id);
  const to = [...report.recipients, ...(report.folder === "" ? [] : [t("reports.toFolder", { folder: report.folder })])];
  const when = report.next_at === null ? t("reports.notScheduled") : t("reports.next", { time: formatTime(report.next_at, language, report.zone), zone: report.zone });
  return (
    <Group component="li" justify="space-between" gap="xs" py="xs" style={{ borderBottom: "1px solid var(--line)" }}>
      <div style={{ minWidth: 0, flex: "1 1 16rem", overflowWrap: "anywhere" }}>
        <Text fw={600}>{report.name}</Text>
        <Text size="sm" className="quiet">
          {t(`reportKind.${report.definition.kind}`)} · {report.formats.join(", ").toUpperCase()} · {when}
        </Text>
        {to.length > 0 && (
          <Text size="sm" className="quiet">
            {t("reports.to", { to: to.join(", ") })}
          </Text>
        )}
      </div>
      <Group gap="xs">
        <Button size="xs" loading={isPending} onClick={() => run(false)}>
          {t("reports.make")}
        </Button>
        {mayChange && to.length > 0 && (
          <Button size="xs" variant="default" disabled={isPending} onClick={() => run(true)}>
            {t("reports.makeAndSend")}
          </Button>
        )}
        {mayChange && (
          <>
            <Button size="xs" variant="default" onClick={() => edit(report)}>
              {t("common.edit")}
            </Button>
            <Button size="xs" variant="default" onClick={() => doom(report)}>
              {t("common.delete")}
            </Button>
          </>
        )}
      </Group>
    </Group>
  );
}
