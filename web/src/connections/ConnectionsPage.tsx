import { Box, Button, Modal, Paper, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTexts } from "../i18n";
import { useAge } from "../live/hooks";
import { PageTitle } from "../shell/Pages";
import { sitesQuery } from "../sites/queries";
import { Loaded } from "../ui/Loaded";
import { Brokers } from "./Brokers";
import { ConnectionForm } from "./ConnectionForm";
import { causeText, NodeCounts, StateText } from "./StateText";
import type { Connection } from "./types";
import { connectionsQuery } from "./useConnections";

/** PLCs, other servers and brokers that Calha reads, and whether they are there. */
export function ConnectionsPage() {
  const { t } = useTexts();
  const navigate = useNavigate();
  const [isNew, { open, close }] = useDisclosure();
  const found = useQuery(connectionsQuery);
  return (
    <>
      <PageTitle title={t("nav.connections")}>
        <Button onClick={open}>{t("connections.new")}</Button>
      </PageTitle>
      <Text mb="md" maw={760}>
        {t("connections.text")}
      </Text>
      <Loaded query={found} height={160}>
        {({ items }) =>
          items.length === 0 ? (
            <Text className="quiet" maw={760}>
              {t("connections.none")}
            </Text>
          ) : (
            <Paper className="panel" component="ul" m={0} p={0} style={{ listStyle: "none" }}>
              {items.map((one) => (
                <ConnectionLine key={one.id} connection={one} />
              ))}
            </Paper>
          )
        }
      </Loaded>
      <Box mt="lg">
        <Brokers />
      </Box>
      <Modal opened={isNew} onClose={close} size="lg" title={t("connections.new")} closeButtonProps={{ "aria-label": t("common.cancel") }}>
        <ConnectionForm
          done={(made) => {
            close();
            void navigate({ to: "/connections/$id", params: { id: String(made.id) } });
          }}
        />
      </Modal>
    </>
  );
}

function ConnectionLine({ connection }: { connection: Connection }) {
  const { t } = useTexts();
  const sites = useQuery(sitesQuery);
  const site = sites.data?.items.find(({ id }) => id === connection.site_id);
  const { state, trouble } = connection;
  return (
    <li className="person-line">
      <div style={{ minWidth: 0 }}>
        <Link to="/connections/$id" params={{ id: String(connection.id) }} className="plain-link">
          {connection.name}
        </Link>
        <Text size="sm" className="quiet" ff="monospace">
          {connection.endpoint}
        </Text>
        <Text size="sm" className="quiet">
          {site?.path.join(" › ")}
        </Text>
      </div>
      <Text size="sm" component="div">
        <StateText connection={connection} />
        <div>
          <NodeCounts nodes={connection.nodes} />
        </div>
        {state === "waiting" && trouble !== null && <div className="quiet">{causeText(trouble.cause, t)}</div>}
      </Text>
      <Text size="sm" component="div">
        <span className="quiet">{t("connections.lastValue")}: </span>
        <Age at={connection.last_value_at} />
      </Text>
    </li>
  );
}

export function Age({ at }: { at: string | null }) {
  return <span className="number">{useAge(at === null ? undefined : Date.parse(at))}</span>;
}
