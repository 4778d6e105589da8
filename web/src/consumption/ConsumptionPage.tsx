import "./consumption.css";
import { Button, Group, NativeSelect, Paper, Skeleton, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type Device, takeFile } from "../api/client";
import { deviceQuery } from "../devices/queries";
import { formatNumber } from "../format";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { useRights } from "../session/session";
import { ErrorNote, PageTitle } from "../shell/Pages";
import { Segments } from "../ui/Segments";
import { tellFailure } from "../ui/tell";
import { download } from "../ui/download";
import { Loaded } from "../ui/Loaded";
import { qualityText } from "../ui/words";
import { EditHistory } from "../validation/EditHistory";
import { useOpenExceptions } from "../validation/useExceptions";
import { amountText, BarChart, type Mark } from "./BarChart";
import { intervalsOf } from "./bars";
import { ConsumptionTable } from "./ConsumptionTable";
import { DecisionForm } from "./DecisionForm";
import { ManualReadings } from "./ManualReadings";
import { dayAt, edges, inside, moved, type Period, periodOf, seenAs, stepOf, titleOf, views } from "./period";
import { PeriodSteps } from "./PeriodSteps";
import { RegisterEvents } from "./RegisterEvents";
import { RegisterPlates } from "./RegisterPlates";
import { type Consumption, type Total, unitsFor, useConsumption, useMeters } from "./useConsumption";

export function ConsumptionPage() {
  const { key } = useParams({ from: "/devices/$key/consumption" });
  const { t } = useTexts();
  const device = useQuery(deviceQuery(key));
  const meters = useMeters(key);
  const error = device.error ?? meters.error;
  if (device.data === undefined || meters.data === undefined) {
    return error === null ? <Skeleton height={400} /> : <ErrorNote error={error} retry={() => void Promise.all([device.refetch(), meters.refetch()])} />;
  }
  return (
    <>
      <PageTitle title={t("consumption.title", { name: device.data.name })}>
        <Pending device={key} />
        <Button component={Link} to={`/devices/${key}`} variant="default">
          {t("common.back")}
        </Button>
      </PageTitle>
      {meters.data.length === 0 ? <Text className="quiet">{t("consumption.nothingCounts")}</Text> : <MeterView device={device.data} />}
    </>
  );
}

/** The way to what validation has found of this device. */
function Pending({ device }: { device: string }) {
  const { t } = useTexts();
  const open = useOpenExceptions({ device }).data?.open ?? 0;
  if (open === 0) return null;
  return (
    <Button component={Link} to={`/exceptions?device=${encodeURIComponent(device)}`} variant="default">
      {t("validation.pending", { n: open })}
    </Button>
  );
}

function MeterView({ device }: { device: Device }) {
  const { t, own } = useTexts();
  const search = useSearch({ from: "/devices/$key/consumption" });
  const navigate = useNavigate({ from: "/devices/$key/consumption" });
  const mayOperate = useRights().on("operate", device.site_id);
  const mayConfigure = useRights().on("configure", device.site_id);
  const [exchanges, exchange] = useDisclosure();
  const meters = useMeters(device.key).data ?? [];
  const meter = meters.find(({ channel }) => channel === search.channel) ?? meters.find(({ source }) => source === "register") ?? meters[0];
  const today = dayAt(live.clock, device.zone);
  const period = periodOf(search.view ?? "month", search.at ?? today);
  const unit = search.unit ?? (meter?.unit === "L" ? "m³" : meter?.unit);
  const { now, before } = useConsumption(device.key, meter?.channel, period, unit);
  if (meter === undefined) return null;
  const show = (shown: Period) => void navigate({ search: (earlier) => ({ ...earlier, ...shown }) });
  const channelName = device.channels.find(({ key }) => key === meter.channel)?.name ?? meter.channel;
  return (
    <Stack gap="lg">
      <Paper className="panel" p="md" component="section" aria-label={t("consumption.chart")}>
        <Group gap="xs" mb="sm" justify="space-between">
          <Group gap="xs">
            <Segments
              size="xs"
              aria-label={t("consumption.view")}
              value={period.view}
              onChange={(view) => show(seenAs(view, period, today))}
              data={views.map((value) => ({ value, label: t(`consumption.${value}`) }))}
            />
            <PeriodSteps period={period} today={today} show={show} />
          </Group>
          <Group gap="xs">
            {meters.length > 1 && (
              <NativeSelect
                size="xs"
                aria-label={t("device.channels")}
                value={meter.channel}
                onChange={(event) => void navigate({ search: { view: period.view, at: period.at, channel: event.currentTarget.value } })}
                data={meters.map(({ channel }) => ({ value: channel, label: own(device.channels.find(({ key }) => key === channel)?.name ?? channel) }))}
              />
            )}
            {unitsFor(meter.unit).length > 1 && (
              <Segments size="xs" aria-label={t("consumption.unit")} value={unit ?? ""} onChange={(chosen) => void navigate({ search: (earlier) => ({ ...earlier, unit: chosen }) })} data={unitsFor(meter.unit)} />
            )}
            <CsvButton device={device.key} channel={meter.channel} period={period} unit={unit} />
          </Group>
        </Group>
        <Loaded query={now} height={340}>
          {(found) => (
            <>
              <Totals total={found.total} before={before.data?.total} period={period} />
              <BarChart
                intervals={intervalsOf(found)}
                before={before.data === undefined ? [] : intervalsOf(before.data)}
                marks={marksOf(found, t)}
                unit={found.unit}
                view={period.view}
                zone={found.zone}
                label={t("consumption.chartOf", { name: own(channelName), period: found.step })}
                open={inside(period, period.at) === null ? null : ({ from }) => show(inside(period, dayAt(from, found.zone)) ?? period)}
              />
              <Legend />
              <ConsumptionTable consumption={found} before={before.data} period={period} show={show} />
            </>
          )}
        </Loaded>
      </Paper>
      <EditHistory device={device} channel={meter.channel} period={period} mayOperate={mayOperate} />
      {meter.source === "register" && (
        <>
          <RegisterEvents device={device} channel={meter.channel} events={now.data?.events ?? []} mayOperate={mayOperate} enterExchange={exchange.open} />
          <ManualReadings device={device} channel={meter.channel} unit={meter.reading_unit} mayOperate={mayOperate} />
          <RegisterPlates device={device} meter={meter} mayConfigure={mayConfigure} />
        </>
      )}
      {exchanges && <DecisionForm device={device} channel={meter.channel} close={exchange.close} />}
    </Stack>
  );
}

/** The period's total, how it compares with the one before, and how good it is. */
function Totals({ total, before, period }: { total: Total; before: Total | undefined; period: Period }) {
  const { t, language } = useTexts();
  const [amount, earlier] = [numberOf(total), numberOf(before)];
  const change = amount !== null && earlier !== null && earlier > 0 ? ((amount - earlier) / earlier) * 100 : null;
  return (
    <Group gap="lg" mb="xs" align="baseline">
      <div className="number tile-value large">{amountText(amount, total.unit, language)}</div>
      <Text size="sm" className="quiet">
        {change !== null && `${change > 0 ? "+" : ""}${formatNumber(change, 1, language)} % ${t("consumption.than", { period: titleOf(moved(period, -1), language), amount: amountText(earlier, total.unit, language) })} · `}
        {amount === null ? t("consumption.unknown") : `${t("chart.quality")}: ${qualityText(total.quality, t)}`} · {t("consumption.covered", { share: formatNumber(total.coverage * 100, total.coverage > 0.995 ? 0 : 1, language) })}
      </Text>
    </Group>
  );
}

function numberOf(total: Total | undefined): number | null {
  return total?.amount === undefined || total.amount === null ? null : Number(total.amount);
}

function Legend() {
  const { t } = useTexts();
  return (
    <ul className="bar-legend">
      {(["measured", "estimated", "edited", "uncertain", "before"] as const).map((look) => (
        <li key={look}>
          <svg width="14" height="12" aria-hidden="true" className="bars">
            <rect x="1" y="1" width="12" height="10" className={`bar ${look}`} />
          </svg>
          {t(`consumption.look.${look}`)}
        </li>
      ))}
    </ul>
  );
}

function marksOf(consumption: Consumption, t: ReturnType<typeof useTexts>["t"]): Mark[] {
  return consumption.events.map((one) => ({ at: Date.parse(one.at), label: t(`verdict.${one.verdict}`), needsReview: one.needs_review }));
}

function CsvButton({ device, channel, period, unit }: { device: string; channel: string; period: Period; unit: string | undefined }) {
  const { t } = useTexts();
  const fetchCsv = async () => {
    const query = new URLSearchParams({ channel, step: stepOf[period.view], ...edges(period), ...(unit === undefined ? {} : { unit }) });
    download(`${device}-${period.at}.csv`, await takeFile(`/api/v1/devices/${encodeURIComponent(device)}/consumption?${query}`, "text/csv"), "text/csv");
  };
  return (
    <Button size="compact-sm" variant="subtle" onClick={() => void fetchCsv().catch((error: unknown) => tellFailure(error, t))}>
      {t("consumption.csv")}
    </Button>
  );
}
