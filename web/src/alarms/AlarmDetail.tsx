import { Paper, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Device } from "../api/client";
import { deviceQuery } from "../devices/queries";
import { formatNumber, formatTime } from "../format";
import { useTexts } from "../i18n";
import { useAge } from "../live/hooks";
import { Fact } from "../ui/Facts";
import { Loaded } from "../ui/Loaded";
import { type Alarm, BY_DESIGN } from "./alarms";
import { PriorityMark } from "./PriorityMark";
import { useHistory, useRule } from "./useAlarms";

/** An alarm: what is the matter, what to do about it, and what has happened to it. */
export function AlarmDetail({ alarm }: { alarm: Alarm }) {
  const { t, language } = useTexts();
  const rule = useRule(alarm.rule);
  const device = useQuery(deviceQuery(alarm.device));
  const unit = unitOf(rule.data?.definition, device.data);
  const age = useAge(alarm.raised_at === null ? undefined : Date.parse(alarm.raised_at));
  const number = (value: number | null) => (value === null ? "—" : `${formatNumber(value, null, language)}${unit === "" ? "" : ` ${unit}`}`);
  const time = (at: string) => formatTime(at, language, alarm.zone);
  const why = rule.data?.rationalisation;
  return (
    <Paper className="panel" p="md" component="section" aria-label={alarm.name}>
      <Title order={2} size="h5">
        <PriorityMark priority={alarm.priority} isHollow={alarm.is_acknowledged} /> {alarm.name}
      </Title>
      <Text size="sm" mb="sm">
        {t(`priority.${alarm.priority}`)} · {t(`alarmState.${alarm.state}`)}
        {alarm.is_first_out && ` · ${t("alarms.firstOut")}`} ·{" "}
        <Link to="/devices/$key" params={{ key: alarm.device }} className="plain-link">
          {alarm.device_name}
        </Link>
      </Text>
      <dl className="facts">
        <Fact name={t("alarms.raised")}>{alarm.raised_at === null ? "—" : `${time(alarm.raised_at)} (${age})`}</Fact>
        <Fact name={t("alarms.signal")}>
          {number(alarm.signal)}
          {alarm.limit_value !== null && ` (${t(`limit.${alarm.limit}`)} ${number(alarm.limit_value)})`}
        </Fact>
        {alarm.away_until !== null && <Fact name={t("alarms.until")}>{time(alarm.away_until)}</Fact>}
        {alarm.reason !== "" && <Fact name={t("alarms.reason")}>{alarm.reason === BY_DESIGN ? t("alarms.byDesign") : alarm.reason}</Fact>}
        {why !== undefined && why.cause !== "" && <Fact name={t("why.cause")}>{why.cause}</Fact>}
        {why !== undefined && why.consequence !== "" && <Fact name={t("why.consequence")}>{why.consequence}</Fact>}
        {why !== undefined && why.action !== "" && <Fact name={t("why.action")}>{why.action}</Fact>}
        {why?.respond_s !== undefined && why.respond_s !== null && <Fact name={t("why.respond")}>{t("alarms.minutes", { n: Math.round(why.respond_s / 60) })}</Fact>}
      </dl>
      <History alarm={alarm} time={time} />
    </Paper>
  );
}

function History({ alarm, time }: { alarm: Alarm; time: (at: string) => string }) {
  const { t } = useTexts();
  const history = useHistory(alarm);
  return (
    <>
      <Title order={3} size="h6" mb={4}>
        {t("alarms.history")}
      </Title>
      <Loaded query={history} height={120}>
        {({ items }) => (
          <ol className="plain-list" aria-label={t("alarms.history")}>
            {items.map((one) => (
              <li key={one.id} className="list-line">
                <span className="quiet number">{time(one.at)}</span> {t(`alarmEvent.${one.act}`)}
                {one.author !== "" && ` · ${one.author}`}
                {one.note !== "" && (
                  <>
                    : {one.note === BY_DESIGN ? t("alarms.byDesign") : <q>{one.note}</q>}
                  </>
                )}
              </li>
            ))}
          </ol>
        )}
      </Loaded>
    </>
  );
}

/** The unit of a rule's signal, where it is that of its channel. */
function unitOf(definition: Record<string, unknown> | undefined, device: Device | undefined): string {
  const signal = (definition?.signal ?? {}) as { kind?: string; channel?: string; percent?: boolean };
  if (signal.percent === true) return "%";
  const unit = device?.channels.find(({ key }) => key === signal.channel)?.unit ?? "";
  return signal.kind === "rate" && unit !== "" ? `${unit}/h` : unit;
}
