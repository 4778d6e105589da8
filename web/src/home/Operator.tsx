import { Group, Text } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { type Alarm, inOrder, summary } from "../alarms/alarms";
import { PriorityMark } from "../alarms/PriorityMark";
import { useAlarms } from "../alarms/useAlarms";
import { useTexts } from "../i18n";
import { useTime } from "../session/time";
import { live, useAge } from "../live/hooks";
import { Loaded } from "../ui/Loaded";
import { Mark } from "../ui/Mark";
import { Section } from "../ui/Section";
import { Segments } from "../ui/Segments";
import { useOpenExceptions } from "../validation/useExceptions";
import { counted, Indicator, Indicators, type Shown } from "./Indicator";
import { type Presence, useEventsSince, usePresenceOf } from "./usePlant";
import { shifts, type ShiftHours } from "./views";

const HOUR_MS = 3_600_000;
const SHOWN = 8;
const SHOWN_EVENTS = 12;

/** Is anything wrong now, where, and what changed since I was here last. */
export function Operator() {
  return (
    <>
      <PlantState />
      <div className="home-columns">
        <Standing />
        <SinceShift />
      </div>
    </>
  );
}

function PlantState() {
  const { t, language } = useTexts();
  const presence = usePresenceOf();
  const waiting = (alarms: readonly Alarm[]): Shown => {
    const counted = summary(alarms);
    return { value: String(counted.waiting), note: t("home.alarmsStanding", { n: counted.standing }), mark: counted.waiting > 0 && counted.worst !== null && <PriorityMark priority={counted.worst} /> };
  };
  const reporting = ({ online, late, silent, never }: Presence): Shown => {
    const n = online + late + silent + never;
    return { value: String(online), note: n === 0 ? t("home.noDevice") : t("home.ofDevices", { n: new Intl.NumberFormat(language).format(n) }) };
  };
  return (
    <Indicators>
      <Indicator name={t("home.alarmsWaiting")} query={useAlarms()} show={waiting} to="/alarms" />
      <Indicator name={t("home.silent")} query={presence} show={({ silent }) => counted(silent, "bad")} to="/?state=silent" />
      <Indicator name={t("home.late")} query={presence} show={({ late }) => counted(late, "warn")} to="/?state=late" />
      <Indicator name={t("home.reporting")} query={presence} show={reporting} to="/" />
      <Indicator name={t("home.toValidate")} query={useOpenExceptions({})} show={({ open }) => counted(open)} to="/exceptions" />
    </Indicators>
  );
}

function Standing() {
  const { t } = useTexts();
  const alarms = useAlarms();
  return (
    <Section title={t("home.standing")}>
      <Loaded query={alarms} height={120}>
        {(found) => (
          <>
            <ul className="home-list">
              {inOrder(found)
                .slice(0, SHOWN)
                .map((alarm) => (
                  <AlarmLine key={alarm.id} alarm={alarm} />
                ))}
              {found.length === 0 && (
                <li className="quiet">
                  <span>
                    <Mark kind="ok" /> {t("home.noAlarm")}
                  </span>
                  <Link to="/alarms/rules">{t("home.seeRules")}</Link>
                </li>
              )}
            </ul>
            {found.length > SHOWN && <Link to="/alarms" className="home-all">{t("home.allAlarms", { n: found.length })}</Link>}
          </>
        )}
      </Loaded>
    </Section>
  );
}

function AlarmLine({ alarm }: { alarm: Alarm }) {
  const { t } = useTexts();
  const age = useAge(alarm.raised_at === null ? undefined : Date.parse(alarm.raised_at));
  return (
    <li>
      <span>
        <PriorityMark priority={alarm.priority} isHollow={alarm.is_acknowledged} /> <span className="for-ears">{t(`priority.${alarm.priority}`)}</span>{" "}
        <Link to="/alarms" search={{ q: alarm.device }} className="plain-link">
          {alarm.name}
        </Link>
      </span>
      <span className="quiet">
        <Link to="/devices/$key" params={{ key: alarm.device }} className="quiet">
          {alarm.device_name}
        </Link>{" "}
        · {age}
      </span>
    </li>
  );
}

function SinceShift() {
  const { t, own } = useTexts();
  const time = useTime();
  const search = useSearch({ from: "/home" });
  const navigate = useNavigate({ from: "/home" });
  const hours = search.shift ?? "8";
  const since = live.clock - Number(hours) * HOUR_MS;
  const events = useEventsSince(since);
  const alarms = useAlarms();
  const isMissing = alarms.error !== null || events.error !== null; // each place below and beside says why
  const raised = alarms.data?.filter((alarm) => alarm.raised_at !== null && Date.parse(alarm.raised_at) >= since).length;
  const show = (value: string) => void navigate({ search: (before) => ({ ...before, shift: value as ShiftHours }), replace: true });
  return (
    <Section title={t("home.since")}>
      <Group justify="space-between" mb="xs">
        <Text size="sm" className="quiet" role="status">
          {raised === undefined || events.data === undefined ? (isMissing ? "" : "…") : t("home.sinceCount", { alarms: raised, events: `${String(events.data.events.length)}${events.data.areMore ? "+" : ""}` })}
        </Text>
        <Segments size="xs" aria-label={t("home.shift")} value={hours} onChange={show} data={shifts.map((value) => ({ value, label: `${value} h` }))} />
      </Group>
      <Loaded query={events} height={120}>
        {({ events: found }) => (
          <ul className="home-list">
            {found.slice(0, SHOWN_EVENTS).map((event) => (
              <li key={event.id}>
                <span>
                  {event.severity !== "info" && <Mark kind={event.severity === "warning" ? "warn" : "bad"} />} {own(event.text)}
                </span>
                <span className="quiet number">{time(event.at)}</span>
              </li>
            ))}
            {found.length === 0 && <li className="quiet">{t("home.nothingHappened")}</li>}
          </ul>
        )}
      </Loaded>
    </Section>
  );
}
