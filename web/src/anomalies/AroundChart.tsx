import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Readings, take } from "../api/client";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { frameOf, pathOf, spanAround, xOf, yOf } from "./around";
import { amountText, isOfChannel } from "./explained";
import type { Anomaly } from "./useAnomalies";

const WIDTH = 640;
const HEIGHT = 170;
const POINTS = 400;

/** The channel around an anomaly: its readings, the range in which they were expected, and when the anomaly was. */
export function AroundChart({ anomaly, zone }: { anomaly: Anomaly; zone: string | undefined }) {
  const { t, language } = useTexts();
  const [openedAt] = useState(() => Date.now());
  const started = Date.parse(anomaly.started_at);
  const ended = anomaly.ended_at === null ? null : Date.parse(anomaly.ended_at);
  const span = spanAround(started, ended, openedAt);
  const readings = useQuery({
    queryKey: ["readings", anomaly.device, "around", anomaly.id, anomaly.ended_at],
    queryFn: async () => {
      const query = { channel: anomaly.channel, from: new Date(span.from).toISOString(), to: new Date(span.to + 1).toISOString(), points: POINTS };
      return (await take(api.GET("/api/v1/devices/{key}/readings", { params: { path: { key: anomaly.device }, query }, headers: { accept: "application/json" } }))) as Readings;
    },
  });
  const range = isOfChannel(anomaly) && anomaly.low !== null && anomaly.high !== null ? [anomaly.low, anomaly.high] : [];
  return (
    <Loaded query={readings} height={HEIGHT + 40}>
      {({ series }) => {
        const found = series[0];
        if (found === undefined || found.t.length === 0) return <Text className="quiet">{t("anomaly.noReadings")}</Text>;
        const frame = frameOf(found, range, span);
        const [low = 0, high = 0] = range;
        const end = Math.max(xOf(ended ?? frame.to, frame, WIDTH), xOf(started, frame, WIDTH) + 3);
        return (
          <figure className="around">
            <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={t("anomaly.chart", { channel: anomaly.channel })}>
              <rect className="around-event" x={xOf(started, frame, WIDTH)} y={0} width={end - xOf(started, frame, WIDTH)} height={HEIGHT} />
              {range.length > 0 && <rect className="around-range" x={0} width={WIDTH} y={yOf(high, frame, HEIGHT)} height={Math.max(2, yOf(low, frame, HEIGHT) - yOf(high, frame, HEIGHT))} />}
              <path d={pathOf(found, frame, WIDTH, HEIGHT, found.gap_ms ?? Infinity)} />
            </svg>
            <figcaption className="quiet number">
              <span>{formatTime(frame.from, language, zone)}</span>
              <span>
                {amountText(frame.low, anomaly.unit, language)} … {amountText(frame.high, anomaly.unit, language)}
              </span>
              <span>{formatTime(frame.to, language, zone)}</span>
            </figcaption>
            <Text size="xs" className="quiet around-key">
              <span className="around-key-event" /> {t("anomaly.keyEvent")}
              {range.length > 0 && (
                <>
                  {" "}
                  <span className="around-key-range" /> {t("anomaly.keyRange")}
                </>
              )}
            </Text>
          </figure>
        );
      }}
    </Loaded>
  );
}
