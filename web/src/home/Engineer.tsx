import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, take } from "../api/client";
import { statusQuery } from "../devices/queries";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { Mark } from "../ui/Mark";
import { Section } from "../ui/Section";
import { reasonText } from "../ui/words";
import { isRule } from "../validation/rules";
import { useOpenExceptions } from "../validation/useExceptions";
import { counted, Indicator, Indicators } from "./Indicator";
import { type Stopped, usePresenceOf } from "./usePlant";

const SHOWN = 8;
const REFRESH_MS = 15_000;

/** Does everything report, what is set aside and why, what must be mended. */
export function Engineer() {
  return (
    <>
      <DataHealth />
      <div className="home-columns">
        <StoppedDevices />
        <SetAside />
        <ToCheck />
        <Machinery />
      </div>
    </>
  );
}

function useQuarantine() {
  return useQuery({ queryKey: ["quarantine", "summary"], queryFn: () => take(api.GET("/api/v1/quarantine/summary")), refetchInterval: REFRESH_MS });
}

function useStatus() {
  return useQuery({ ...statusQuery, refetchInterval: REFRESH_MS });
}

function DataHealth() {
  const { t } = useTexts();
  const presence = usePresenceOf();
  return (
    <Indicators>
      <Indicator name={t("home.silent")} query={presence} show={({ silent }) => counted(silent, "bad")} to="/?state=silent" />
      <Indicator name={t("home.late")} query={presence} show={({ late }) => counted(late, "warn")} to="/?state=late" />
      <Indicator name={t("home.never")} query={presence} show={({ never }) => counted(never)} to="/?state=silent" />
      <Indicator name={t("home.inQuarantine")} query={useQuarantine()} show={({ messages }) => counted(messages, "warn")} to="/quarantine" />
      <Indicator name={t("home.toValidate")} query={useOpenExceptions({})} show={({ open }) => counted(open)} to="/exceptions" />
    </Indicators>
  );
}

function StoppedDevices() {
  const { t } = useTexts();
  const silent = usePresenceOf("silent");
  return (
    <Section title={t("home.stopped")}>
      <Loaded query={silent} height={120}>
        {({ devices, silent: count, late }) => (
          <>
            <ul className="home-list">
              {devices.slice(0, SHOWN).map((key) => (
                <li key={key}>
                  <Link to="/devices/$key" params={{ key }} className="plain-link">
                    {key}
                  </Link>
                  <Link to="/devices/$key/data" params={{ key }}>
                    {t("device.whereIsMyData")}
                  </Link>
                </li>
              ))}
              {devices.length === 0 && <Fine text={t("home.noneStopped")} />}
            </ul>
            <More shown={SHOWN} of={count} state="silent" />
            {late > 0 && <More shown={0} of={late} state="late" />}
          </>
        )}
      </Loaded>
    </Section>
  );
}

function More({ shown, of, state }: { shown: number; of: number; state: Stopped }) {
  const { t } = useTexts();
  if (of <= shown) return null;
  return (
    <div>
      <Link to="/" search={{ state }}>
        {t(state === "late" ? "home.allLate" : "home.allSilent", { n: of })}
      </Link>
    </div>
  );
}

function SetAside() {
  const { t } = useTexts();
  const quarantine = useQuarantine();
  return (
    <Section title={t("home.setAside")}>
      <Loaded query={quarantine} height={120}>
        {({ groups }) => (
          <ul className="home-list">
            {groups.slice(0, SHOWN).map(({ reason, device, messages }) => (
              <li key={`${reason} ${device}`}>
                <Link to="/quarantine" className="plain-link">
                  {reasonText(reason, t)}
                </Link>
                <span className="quiet number">
                  {device} · {messages}
                </span>
              </li>
            ))}
            {groups.length === 0 && <Fine text={t("home.noneSetAside")} />}
          </ul>
        )}
      </Loaded>
    </Section>
  );
}

function ToCheck() {
  const { t } = useTexts();
  const open = useOpenExceptions({});
  return (
    <Section title={t("home.exceptions")}>
      <Loaded query={open} height={120}>
        {({ by_rule }) => (
          <ul className="home-list">
            {Object.entries(by_rule)
              .sort(([, one], [, other]) => other - one)
              .slice(0, SHOWN)
              .map(([rule, count]) => (
                <li key={rule}>
                  <Link to="/exceptions" search={isRule(rule) ? { rule } : {}} className="plain-link">
                    {isRule(rule) ? t(`rule.${rule}`) : rule}
                  </Link>
                  <span className="quiet number">{count}</span>
                </li>
              ))}
            {Object.keys(by_rule).length === 0 && <Fine text={t("home.noExceptions")} />}
          </ul>
        )}
      </Loaded>
    </Section>
  );
}

function Machinery() {
  const { t, own } = useTexts();
  const status = useStatus();
  return (
    <Section title={t("home.machinery")}>
      <Loaded query={status} height={120}>
        {({ warnings, connections }) => {
          const broken = connections.filter(({ state, trouble }) => state !== "disabled" && trouble !== null);
          return (
            <ul className="home-list">
              {warnings.slice(0, SHOWN).map((one) => (
                <li key={one.text.en}>
                  <span>
                    <Mark kind="warn" /> {own(one.text)}
                  </span>
                </li>
              ))}
              {broken.slice(0, SHOWN).map(({ id, name, trouble }) => (
                <li key={id}>
                  <Link to="/connections/$id" params={{ id: String(id) }} className="plain-link">
                    {name}
                  </Link>
                  <span className="quiet">{trouble}</span>
                </li>
              ))}
              {warnings.length + broken.length === 0 && <Fine text={t("status.noWarnings")} />}
            </ul>
          );
        }}
      </Loaded>
    </Section>
  );
}

function Fine({ text }: { text: string }) {
  return (
    <li className="quiet">
      <span>
        <Mark kind="ok" /> {text}
      </span>
    </li>
  );
}
