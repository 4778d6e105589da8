import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Status } from "../api/client";
import { statusQuery } from "../devices/queries";
import { formatNumber } from "../format";
import { useTexts } from "../i18n";
import { useTime } from "../session/time";
import { Code } from "../ui/Code";
import { Loaded } from "../ui/Loaded";
import { Section } from "../ui/Section";
import { StateText } from "./StateText";

const REFRESH_MS = 3_000;

/** What to write into calha.toml for a first broker. */
const EXAMPLE = `[[connectors.mqtt]]
name = "planta"
url = "mqtts://broker.example.org:8883"
user = "calha"
password = "…"
routes = [{topic = "plant/+/telemetry", device = "pump-{2}"}]`;

/** External MQTT brokers that Calha reads: they stand in the configuration, and this shows how each is. */
export function Brokers() {
  const { t } = useTexts();
  const status = useQuery({ ...statusQuery, refetchInterval: REFRESH_MS });
  return (
    <Section title={t("brokers.title")} text={t("brokers.text")}>
      <Loaded query={status} height={80}>
        {({ brokers }) => (brokers.length === 0 ? <HowToAdd /> : <BrokerList brokers={brokers} />)}
      </Loaded>
    </Section>
  );
}

function HowToAdd() {
  const { t } = useTexts();
  return (
    <>
      <Text size="sm" mb="sm" maw={760}>
        {t("brokers.none")}
      </Text>
      <Code text={EXAMPLE} label={t("brokers.example")} />
    </>
  );
}

function BrokerList({ brokers }: Pick<Status, "brokers">) {
  return (
    <ul className="plain-list">
      {brokers.map((one) => (
        <BrokerLine key={one.name} broker={one} />
      ))}
    </ul>
  );
}

function BrokerLine({ broker }: { broker: Status["brokers"][number] }) {
  const { t, language } = useTexts();
  const time = useTime();
  return (
    <li className="person-line" style={{ paddingInline: 0 }}>
      <div style={{ minWidth: 0 }}>
        {broker.name}
        <Text size="sm" className="quiet" ff="monospace">
          {broker.address}
        </Text>
      </div>
      <Text size="sm" component="div">
        <StateText connection={{ state: broker.state, mode: null }} />{" "}
        <span className="quiet number">{t("connections.since", { time: time(broker.since) })}</span>
        {broker.trouble !== null && <div className="quiet">{broker.trouble}</div>}
      </Text>
      <Text size="sm" component="div">
        <span className="quiet">{t("brokers.messages")}: </span>
        <span className="number">{formatNumber(broker.messages, 0, language)}</span>
      </Text>
    </li>
  );
}
