import "../consumption/consumption.css";
import { Button, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { amountText, BarChart } from "../consumption/BarChart";
import { intervalsOf } from "../consumption/bars";
import type { Period } from "../consumption/period";
import { useConsumption, useMeters } from "../consumption/useConsumption";
import type { OwnDevice } from "../devices/own";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { Section } from "../ui/Section";

/** One's own meter: what was used in a period, beside the one before. */
export function OwnMeter({ device, period }: { device: OwnDevice; period: Period }) {
  const { t, language } = useTexts();
  const meters = useMeters(device.key);
  const meter = meters.data?.find(({ source }) => source === "register") ?? meters.data?.[0];
  return (
    <Section title={device.name}>
      {meters.data !== undefined && meter === undefined && <Text className="quiet">{t("portal.nothingCounts")}</Text>}
      {meter !== undefined && <Bars device={device} channel={meter.channel} unit={meter.unit === "L" ? "m³" : meter.unit} period={period} language={language} />}
      <Button component={Link} to={`/devices/${encodeURIComponent(device.key)}/consumption?view=${period.view}&at=${period.at}`} variant="default" size="xs">
        {t("portal.more")}
      </Button>{" "}
      <Button component={Link} to={`/devices/${encodeURIComponent(device.key)}`} variant="default" size="xs">
        {t("portal.live")}
      </Button>
    </Section>
  );
}

function Bars({ device, channel, unit, period, language }: { device: OwnDevice; channel: string; unit: string; period: Period; language: "pt-BR" | "en" }) {
  const { t } = useTexts();
  const { now, before } = useConsumption(device.key, channel, period, unit);
  return (
    <Loaded query={now} height={320}>
      {(found) => (
        <>
          <div className="number tile-value large">{amountText(found.total.amount === null ? null : Number(found.total.amount), found.unit, language)}</div>
          <BarChart
            intervals={intervalsOf(found)}
            before={before.data === undefined ? [] : intervalsOf(before.data)}
            marks={[]}
            unit={found.unit}
            view={period.view}
            zone={found.zone}
            label={t("consumption.chartOf", { name: device.name, period: found.step })}
            open={null}
          />
        </>
      )}
    </Loaded>
  );
}
