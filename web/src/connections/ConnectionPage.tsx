import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { api, take } from "../api/client";
import { formatNumber } from "../format";
import { isKey, useTexts } from "../i18n";
import { useTime } from "../session/time";
import { PageTitle } from "../shell/Pages";
import { Confirm } from "../ui/Confirm";
import { Fact } from "../ui/Facts";
import { Loaded } from "../ui/Loaded";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";
import { AddressSpace } from "./AddressSpace";
import { ConnectionForm } from "./ConnectionForm";
import { Age } from "./ConnectionsPage";
import { Nodes } from "./Nodes";
import { OwnCertificate } from "./OwnCertificate";
import { causeText, NodeCounts, StateText } from "./StateText";
import type { Connection } from "./types";
import { connectionQuery } from "./useConnections";

/** One connection: how it is doing, its nodes, and the server's tree to choose more of them from. */
export function ConnectionPage() {
  const { id } = useParams({ from: "/connections/$id" });
  const found = useQuery(connectionQuery(Number(id)));
  return (
    <Loaded query={found} height={300}>
      {(connection) => (
        <>
          <Header connection={connection} />
          <Stack gap="md">
            <State connection={connection} />
            <Nodes connection={connection} />
            <AddressSpace connection={connection} />
            {connection.security !== "none" && <OwnCertificate />}
          </Stack>
        </>
      )}
    </Loaded>
  );
}

function Header({ connection }: { connection: Connection }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [edits, editing] = useDisclosure();
  const [dooms, dooming] = useDisclosure();
  const path = { connection_id: connection.id };
  const change = useMutation({
    mutationFn: (enabled: boolean) => take(api.PATCH("/api/v1/connections/{connection_id}", { params: { path }, body: { enabled } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["connections"] }),
  });
  const remove = useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/connections/{connection_id}", { params: { path } })),
    onSuccess: () => {
      notifications.show({ message: t("connections.deleted") });
      void navigate({ to: "/connections" });
    },
  });
  return (
    <>
      <PageTitle title={connection.name}>
        <Group gap="xs">
          <Button variant="default" onClick={editing.open}>
            {t("common.edit")}
          </Button>
          <Button variant="default" loading={change.isPending} onClick={() => change.mutate(!connection.enabled)}>
            {t(connection.enabled ? "connections.switchOff" : "connections.switchOn")}
          </Button>
          <Button variant="default" onClick={dooming.open}>
            {t("common.delete")}
          </Button>
        </Group>
      </PageTitle>
      <Refusal error={change.error ?? remove.error} />
      <Modal opened={edits} onClose={editing.close} size="lg" title={t("connections.edit")} closeButtonProps={{ "aria-label": t("common.cancel") }}>
        <ConnectionForm connection={connection} done={editing.close} />
      </Modal>
      <Confirm opened={dooms} question={t("connections.deleteAsk", { name: connection.name })} action={t("common.delete")} close={dooming.close} confirm={() => remove.mutate()} />
    </>
  );
}

function State({ connection }: { connection: Connection }) {
  const { t, language } = useTexts();
  const time = useTime();
  const { state, mode, trouble, lost } = connection;
  const number = (value: number) => formatNumber(value, 0, language);
  const isFailing = trouble !== null && (state === "waiting" || (state === "connecting" && connection.since !== null));
  return (
    <Section title={t("nodes.state")}>
      {isFailing && (
        <Alert color="red" variant="light" mb="sm" role="alert">
          <Text size="sm">{causeText(trouble.cause, t)}</Text>
          <Text size="sm" className="quiet" style={{ overflowWrap: "anywhere" }}>
            {trouble.detail}
          </Text>
        </Alert>
      )}
      <dl className="facts">
        <Fact name={t("connections.one")}>
          <StateText connection={connection} />{" "}
          {connection.since !== null && <span className="quiet number">{t("connections.since", { time: time(connection.since) })}</span>}
        </Fact>
        <Fact name={t("connections.endpoint")}>
          <span style={{ fontFamily: "var(--mantine-font-family-monospace)", overflowWrap: "anywhere" }}>{connection.endpoint}</span>
        </Fact>
        <Fact name={t("connections.security")}>
          {t(`security.${connection.security}`)}
          {connection.user_name !== "" && <span className="quiet"> · {connection.user_name}</span>}
        </Fact>
        {connection.server !== "" && <Fact name={t("connections.server")}>{connection.server}</Fact>}
        {mode !== null && <Fact name={t("connections.mode")}>{t(`connections.mode.${mode}`, { ms: number(connection.granted_ms ?? 0) })}</Fact>}
        <Fact name={t("nodes.title")}>
          <NodeCounts nodes={connection.nodes} />
        </Fact>
        <Fact name={t("connections.delivered")}>
          <span className="number">{number(connection.delivered)}</span>
        </Fact>
        {connection.waiting > 0 && (
          <Fact name={t("connections.waitingReadings")}>
            <span className="number">{number(connection.waiting)}</span>
          </Fact>
        )}
        {Object.entries(lost).map(([cause, count]) => {
          const key = `lost.${cause}`;
          return (
            <Fact key={cause} name={t("connections.lost", { cause: isKey(key) ? t(key) : cause })}>
              <span className="number">{number(count)}</span>
            </Fact>
          );
        })}
        <Fact name={t("connections.lastValue")}>
          <Age at={connection.last_value_at} />
        </Fact>
      </dl>
    </Section>
  );
}
