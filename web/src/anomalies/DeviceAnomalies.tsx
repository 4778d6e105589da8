import { Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Device } from "../api/client";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { useAge } from "../live/hooks";
import { Mark } from "../ui/Mark";
import { Section } from "../ui/Section";
import { explained } from "./explained";
import { type Anomaly, useAnomalies } from "./useAnomalies";

const SHOWN = 5;

/** What was unusual about a device last; nothing where nothing ever was, or where it has nothing that is watched. */
export function DeviceAnomalies({ device }: { device: Device }) {
  const { t } = useTexts();
  const found = useAnomalies({ state: "all", device: device.key, faint: false }, SHOWN);
  const rows = found.data?.pages[0]?.items ?? [];
  if (rows.length === 0) return null;
  return (
    <Section title={t("anomaly.title")} text={t("anomaly.deviceText")}>
      <ul className="plain-list">
        {rows.map((one) => (
          <Line key={one.id} anomaly={one} device={device} />
        ))}
      </ul>
      <Text size="sm" mt="xs">
        <Link className="plain-link" to="/anomalies" search={{ device: device.key, state: "all" }}>
          {t("anomaly.openAll")}
        </Link>
      </Text>
    </Section>
  );
}

function Line({ anomaly, device }: { anomaly: Anomaly; device: Device }) {
  const { t, language, own } = useTexts();
  const channel = device.channels.find(({ key }) => key === anomaly.channel);
  const isLasting = anomaly.ended_at === null;
  const started = Date.parse(anomaly.started_at);
  const age = useAge(started);
  return (
    <li className="list-line">
      <Mark kind={isLasting ? "warn" : "quiet"} />{" "}
      <Link className="plain-link" to="/anomalies" search={{ device: device.key, state: "all", id: anomaly.id }}>
        {t(`anomalyKind.${anomaly.kind}`)}: {channel === undefined ? anomaly.channel : own(channel.name)}
      </Link>{" "}
      · <span className="number">{formatTime(started, language, device.zone)}</span> ·{" "}
      {isLasting ? t("anomaly.lastsSince", { age }) : t("anomaly.over")}
      {anomaly.verdict !== null && ` · ${t(`anomalyIs.${anomaly.verdict}`)}`}
      <br />
      {explained(anomaly, language, t)}
    </li>
  );
}
