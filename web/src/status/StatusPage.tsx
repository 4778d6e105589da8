import { Alert, Paper, Progress, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Status } from "../api/client";
import { statusQuery } from "../devices/queries";
import { formatAge, formatBytes } from "../format";
import { isKey, type Translate, useTexts } from "../i18n";
import { useTime } from "../session/time";
import { PageTitle } from "../shell/Pages";
import { CountsTable } from "../ui/CountsTable";
import { Loaded } from "../ui/Loaded";
import { Mark } from "../ui/Mark";

const REFRESH_MS = 3_000;

export function StatusPage() {
  const { t } = useTexts();
  const status = useQuery({ ...statusQuery, refetchInterval: REFRESH_MS });
  return (
    <>
      <PageTitle title={t("status.title")} />
      <Loaded query={status} height={400}>
        {(found) => <StatusView status={found} />}
      </Loaded>
    </>
  );
}

function StatusView({ status }: { status: Status }) {
  const { t, language, own } = useTexts();
  const time = useTime();
  const { durability, warnings, log, store, mail, notifications, tasks, ingest, version, started_at: startedAt } = status;
  const number = (value: number) => new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(value);
  return (
    <>
      <Text size="sm" className="quiet" mb="md">
        {t("status.version", { version, time: time(startedAt) })}
      </Text>
      <Stack gap="md">
        {warnings.length === 0 ? (
          <Text size="sm" style={{ display: "flex", gap: 8, alignItems: "center" }}>
            <Mark kind="ok" /> {t("status.noWarnings")}
          </Text>
        ) : (
          <Alert color="orange" variant="light" title={t("status.warnings")} role="alert">
            {warnings.map((one) => (
              <div key={one.text.en}>{own(one.text)}</div>
            ))}
          </Alert>
        )}
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Panel title={t("status.durability")}>
            <Text>{own(durability.promise)}</Text>
          </Panel>
          <Panel title={t("status.log")}>
            <Stack gap="sm">
              {log.streams.map((stream) => (
                <StreamBar key={stream.name} stream={stream} />
              ))}
            </Stack>
          </Panel>
          <Panel title={t("status.store")}>
            <Table>
              <Table.Tbody>
                <Row name={t("status.readings")} value={number(store.readings)} />
                <Row name={t("status.size")} value={formatBytes(store.size_bytes, language)} />
                <Row name={t("status.lag")} value={number(store.lag_messages)} />
                <Row name={t("status.commit")} value={`${number(store.commit_ms.p50)} / ${number(store.commit_ms.p99)} ms`} />
              </Table.Tbody>
            </Table>
          </Panel>
          <Panel title={t("status.totals")}>
            <CountsTable counts={ingest} />
          </Panel>
          {mail !== null && (
            <Panel title={t("status.mail")}>
              <Table>
                <Table.Tbody>
                  <Row name={t("mail.waiting")} value={number(mail.waiting)} />
                  <Row name={t("mail.sent")} value={number(mail.sent)} />
                  <Row name={t("mail.failures")} value={number(mail.failures)} />
                  <Row name={t("mail.givenUp")} value={number(mail.given_up)} />
                </Table.Tbody>
              </Table>
            </Panel>
          )}
          {notifications !== null && (
            <Panel title={t("status.notifications")}>
              <Table>
                <Table.Tbody>
                  <Row name={t("status.notificationsWaiting")} value={number(notifications.waiting)} />
                  <Row name={t("mail.sent")} value={number(notifications.sent)} />
                  <Row name={t("mail.failures")} value={number(notifications.retried)} />
                  <Row name={t("mail.givenUp")} value={number(notifications.failed)} />
                </Table.Tbody>
              </Table>
            </Panel>
          )}
        </SimpleGrid>
        <Panel title={t("status.tasks")}>
          <Table.ScrollContainer minWidth={480} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("status.tasks")}</Table.Th>
                  <Table.Th>{t("status.state")}</Table.Th>
                  <Table.Th>{t("status.heartbeat")}</Table.Th>
                  <Table.Th>{t("status.restarts")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {tasks.map((task) => (
                  <Table.Tr key={task.name}>
                    <Table.Td>{own(task.title)}</Table.Td>
                    <Table.Td>
                      <span style={{ display: "inline-flex", gap: 6, alignItems: "center" }}>
                        <Mark kind={task.state === "running" ? "ok" : "warn"} /> {stateText(task.state, t)}
                      </span>
                      {task.last_error !== null && (
                        <Text size="xs" className="quiet">
                          {task.last_error}
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td className="number">{formatAge(task.heartbeat_age_s * 1000, t)}</Table.Td>
                    <Table.Td className="number">{task.restarts}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Panel>
      </Stack>
    </>
  );
}

function Panel({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Paper className="panel" p="md">
      <Title order={2} size="h5" mb="sm">
        {title}
      </Title>
      {children}
    </Paper>
  );
}

function Row({ name, value }: { name: string; value: string }) {
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400}>
        {name}
      </Table.Th>
      <Table.Td ta="right" className="number">
        {value}
      </Table.Td>
    </Table.Tr>
  );
}

function stateText(state: string, t: Translate): string {
  const key = `taskState.${state}`;
  return isKey(key) ? t(key) : state;
}

function StreamBar({ stream }: { stream: Status["log"]["streams"][number] }) {
  const { t, language } = useTexts();
  const [kind = "", part] = stream.name.split(" ");
  const key = `stream.${kind === "$MQTT_msgs" ? "mqtt" : kind}`;
  const name = isKey(key) ? [t(key), part].join(" ").trim() : stream.name;
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(stream.fill);
  const text = stream.max_bytes > 0 ? t("status.fill", { percent, budget: formatBytes(stream.max_bytes, language) }) : formatBytes(stream.bytes, language);
  return (
    <div>
      <div style={{ display: "flex", justifyContent: "space-between", fontSize: 13 }}>
        <span>{name}</span>
        <span className="quiet number">{text}</span>
      </div>
      {stream.max_bytes > 0 && <Progress value={stream.fill * 100} color={stream.fill >= 0.8 ? "orange" : "gray"} size="sm" aria-label={`${name}: ${text}`} />}
    </div>
  );
}
