import { Alert, Button, Paper, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { api, type DeviceIngest, take } from "../api/client";
import { formatNumber, formatTime } from "../format";
import { isKey, type Translate, useTexts } from "../i18n";
import { KeptList } from "../quarantine/KeptList";
import { PageTitle } from "../shell/Pages";
import { Code } from "../ui/Code";
import { CountsTable } from "../ui/CountsTable";
import { Loaded } from "../ui/Loaded";
import { qualityText, reasonText } from "../ui/words";
import { deviceQuery } from "./queries";

const REFRESH_MS = 2_000;

export function DeviceDataPage() {
  const { key } = useParams({ from: "/devices/$key/data" });
  const { t } = useTexts();
  const ingest = useQuery({
    queryKey: ["ingest", key],
    queryFn: () => take(api.GET("/api/v1/devices/{key}/ingest", { params: { path: { key } } })),
    refetchInterval: REFRESH_MS,
  });
  return (
    <>
      <PageTitle title={`${t("data.title")} ${key}`}>
        <Button component={Link} to={`/devices/${key}`} variant="default">
          {t("common.back")}
        </Button>
      </PageTitle>
      <Loaded query={ingest} height={300}>
        {(found) => <DataView device={key} ingest={found} />}
      </Loaded>
    </>
  );
}

function DataView({ device, ingest }: { device: string; ingest: DeviceIngest }) {
  const { t, language } = useTexts();
  const zone = useQuery(deviceQuery(device)).data?.zone;
  const { counters, last_message: last, last_error: error } = ingest;
  return (
    <Stack gap="lg">
      <Paper className="panel" p="md">
        <Title order={2} size="h5" mb="sm">
          {t("data.counters")}
        </Title>
        <CountsTable counts={counters} />
      </Paper>
      <Paper className="panel" p="md">
        <Title order={2} size="h5" mb="sm">
          {t("data.lastMessage")}
        </Title>
        {last === null ? (
          <Text className="quiet">{t("data.noMessage")}</Text>
        ) : (
          <>
            <Text size="sm" className="quiet" mb="xs">
              {formatTime(last.at, language, zone)} · {last.transport} · {last.topic}
            </Text>
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              <div>
                <Text size="sm" mb={4}>
                  {t("data.raw")}
                </Text>
                <Code text={last.raw} wrap label={t("data.raw")} />
              </div>
              <div>
                <Text size="sm" mb={4}>
                  {t("data.decoded")}
                </Text>
                <Table withTableBorder>
                  <Table.Tbody>
                    {last.decoded.map((one) => (
                      <Table.Tr key={`${one.channel}-${one.at}`}>
                        <Table.Td>{one.channel}</Table.Td>
                        <Table.Td className="number">{one.value === null ? "—" : formatNumber(one.value, null, language)}</Table.Td>
                        <Table.Td>{qualityText(one.quality, t)}</Table.Td>
                        <Table.Td className="number">{formatTime(one.at, language, zone)}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
                {last.error !== null && (
                  <Alert color="orange" variant="light" mt="xs">
                    {last.error}
                  </Alert>
                )}
              </div>
            </SimpleGrid>
          </>
        )}
      </Paper>
      <Paper className="panel" p="md">
        <Title order={2} size="h5" mb="sm">
          {t("data.lastError")}
        </Title>
        {error === null ? (
          <Text className="quiet">{t("data.noError")}</Text>
        ) : (
          <Stack gap="xs">
            <Alert color="orange" variant="light" title={reasonText(error.reason, t)}>
              {error.detail}. {mend(error.reason, t)}
            </Alert>
            <Text size="sm" className="quiet">
              {formatTime(error.at, language, zone)}
            </Text>
            <Code text={error.raw} wrap label={t("data.raw")} />
          </Stack>
        )}
      </Paper>
      <Paper className="panel" p="md">
        <Title order={2} size="h5" mb="sm">
          {t("data.kept")}
        </Title>
        <KeptList device={device} />
      </Paper>
    </Stack>
  );
}

/** What to do about a reason. */
function mend(reason: string, t: Translate): string {
  if (reason.startsWith("time") || reason === "bad_time") return t("mend.time");
  if (["not_a_number", "wrong_kind", "unknown_state", "bad_quality"].includes(reason)) return t("mend.value");
  const key = `mend.${reason}`;
  return isKey(key) ? t(key) : t("mend.other");
}
