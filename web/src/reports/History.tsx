import { Button, Group, Progress, Text } from "@mantine/core";
import { formatBytes, formatNumber, formatTime } from "../format";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { More } from "../ui/More";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";
import type { Run } from "./definitions";
import { isRunning, useRuns, useStop, useZone } from "./useReports";

/** What is being made, with progress; what was made, its files, and where it went. */
export function History() {
  const { t } = useTexts();
  const runs = useRuns();
  const stop = useStop();
  return (
    <Section title={t("reports.history")}>
      <Refusal error={stop.error} />
      <Loaded query={runs} height={120}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) return <Text className="quiet">{t("reports.nothingMade")}</Text>;
          return (
            <ul style={{ listStyle: "none", margin: 0, padding: 0 }}>
              {items.map((run) => (
                <RunLine key={run.id} run={run} stop={() => stop.mutate(run.id)} />
              ))}
            </ul>
          );
        }}
      </Loaded>
      <More of={runs} />
    </Section>
  );
}

function RunLine({ run, stop }: { run: Run; stop: () => void }) {
  const { t, language } = useTexts();
  const zone = useZone(run.definition);
  const percent = Math.round(run.share * 100);
  return (
    <li style={{ padding: "10px 0", borderBottom: "1px solid var(--line)", overflowWrap: "anywhere" }}>
      <Group justify="space-between" gap="xs">
        <div>
          <Text fw={600}>{run.name}</Text>
          <Text size="sm" className="quiet">
            {formatTime(run.started_at, language, zone)} · {run.is_scheduled ? t("reports.scheduled") : run.made_by} · {t(`reportState.${run.state}`)}
          </Text>
        </div>
        {isRunning(run) && (
          <Button size="xs" variant="default" onClick={stop}>
            {t("reports.stop")}
          </Button>
        )}
      </Group>
      {isRunning(run) && (
        <Group gap="xs" mt={6} wrap="nowrap" role="status">
          <Progress value={percent} style={{ flex: 1 }} aria-label={t("reports.progress", { name: run.name })} />
          <Text size="sm" className="number">
            {percent} %
          </Text>
        </Group>
      )}
      <Group gap="md" mt={4}>
        {run.files.map((file) => (
          <a key={file.format} className="plain-link" href={`/api/v1/report-runs/${run.id}/files/${file.format}`} download={file.name}>
            {file.format.toUpperCase()} ({formatBytes(file.size_bytes, language)}, {t("reports.rows", { rows: formatNumber(file.rows, 0, language) })})
          </a>
        ))}
      </Group>
      {run.sent.map(({ way, to, problem }) => (
        <Text key={`${way} ${to}`} size="sm" {...(problem === "" ? { className: "quiet" } : { c: "var(--mantine-color-red-text)" })}>
          {problem === "" ? t("reports.to", { to }) : t("reports.notSent", { to, problem })}
        </Text>
      ))}
      {run.state === "failed" && (
        <Text size="sm" role="alert" c="var(--mantine-color-red-text)">
          {run.problem}
        </Text>
      )}
    </li>
  );
}
