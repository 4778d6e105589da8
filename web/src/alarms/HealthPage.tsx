import "./alarms.css";
import { Button, NativeSelect, NumberInput, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { formatNumber } from "../format";
import { isKey, useTexts } from "../i18n";
import { live } from "../live/hooks";
import { useMe } from "../session/session";
import { useTime } from "../session/time";
import { PageTitle } from "../shell/Pages";
import { Loaded } from "../ui/Loaded";
import { Mark } from "../ui/Mark";
import { Section } from "../ui/Section";
import { PRIORITIES } from "./alarms";
import { monthsUntil, spanOf } from "./months";
import { PriorityMark } from "./PriorityMark";

type Health = components["schemas"]["HealthAnswer"];
type Figure = Health["figures"][number];
type Named = Health["top"][number];

const MARKS = { good: "ok", bearable: "warn", bad: "bad" } as const;
const DUE: Record<(typeof PRIORITIES)[number], string> = { critical: "< 1 %", high: "5 %", medium: "15 %", low: "80 %" };

/** A month's report: how well the alarms serve, against the standard, and what to do about it. */
export function HealthPage() {
  const { t, language } = useTexts();
  const search = useSearch({ from: "/alarms/health" });
  const navigate = useNavigate({ from: "/alarms/health" });
  const { zone } = useMe();
  const [now] = useState(() => live.clock);
  const [consoles, setConsoles] = useState(1);
  const months = monthsUntil(now, zone);
  const month = search.month !== undefined && months.includes(search.month) ? search.month : (months[0] ?? "");
  const found = useQuery({
    queryKey: ["alarm-health", month, consoles],
    queryFn: () => take(api.GET("/api/v1/alarms/health", { params: { query: { ...spanOf(month, now, zone), consoles } } })),
  });
  const monthText = (value: string) => new Intl.DateTimeFormat(language, { month: "long", year: "numeric" }).format(new Date(`${value}-15T12:00:00`));
  return (
    <>
      <PageTitle title={t("health.title")}>
        <NativeSelect aria-label={t("health.month")} value={month} onChange={(event) => void navigate({ search: { month: event.currentTarget.value } })} data={months.map((value) => ({ value, label: monthText(value) }))} />
        <NumberInput aria-label={t("health.consoles")} value={consoles} onChange={(value) => setConsoles(Math.max(1, Number(value) || 1))} min={1} max={1000} w={170} suffix={` ${t("health.operators", { n: consoles })}`} />
        <Button variant="default" onClick={() => print()}>
          {t("health.print")}
        </Button>
      </PageTitle>
      <Text mb="md" maw={760}>
        {t("health.text")} <Link to="/alarms">{t("alarms.title")}</Link>
      </Text>
      <Loaded query={found} height={400}>
        {(health) => <Report health={health} />}
      </Loaded>
    </>
  );
}

function Report({ health }: { health: Health }) {
  const { t, language } = useTexts();
  const lacking = health.figures.filter(({ verdict }) => verdict !== "good");
  return (
    <Stack gap="md">
      <Section title={t("health.advice")}>
        {health.alarms === 0 ? (
          <Text>{t("health.noAlarms")}</Text>
        ) : lacking.length === 0 ? (
          <Text>{t("health.allGood", { n: health.alarms })}</Text>
        ) : (
          <ul className="plain-list">
            {lacking.map(({ name, verdict }) => (
              <li key={name} className="list-line">
                <Mark kind={MARKS[verdict]} /> {adviceText(name, t)}
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section title={t("health.figures", { n: formatNumber(health.alarms, null, language) })}>
        <Figures figures={health.figures} />
      </Section>
      <Mix health={health} />
      <div className="health-lists">
        {(["top", "chattering", "fleeting", "stale"] as const).map((name) => (
          <Worst key={name} title={t(`healthList.${name}`)} alarms={health[name]} />
        ))}
      </div>
      <Floods health={health} />
    </Stack>
  );
}

function Figures({ figures }: { figures: readonly Figure[] }) {
  const { t, language } = useTexts();
  const number = (value: number) => new Intl.NumberFormat(language, { maximumFractionDigits: 2 }).format(value);
  return (
    <Table.ScrollContainer minWidth={320}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("health.figure")}</Table.Th>
            <Table.Th>{t("health.value")}</Table.Th>
            <Table.Th>{t("health.goodUpTo")}</Table.Th>
            <Table.Th>{t("health.bearableUpTo")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {figures.map(({ name, value, target, limit, verdict }) => (
            <Table.Tr key={name}>
              <Table.Td>{figureText(name, t)}</Table.Td>
              <Table.Td className="number">
                <Mark kind={MARKS[verdict]} /> {number(value)} <span className="quiet">({t(`verdictOf.${verdict}`)})</span>
              </Table.Td>
              <Table.Td className="number">{number(target)}</Table.Td>
              <Table.Td className="number">{number(limit)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Mix({ health }: { health: Health }) {
  const { t, language } = useTexts();
  return (
    <Section title={t("health.mix")} text={t("health.mixText")}>
      <dl className="facts">
        {PRIORITIES.map((priority) => (
          <div key={priority}>
            <dt>
              <PriorityMark priority={priority} /> {t(`priority.${priority}`)}
            </dt>
            <dd className="number">
              {new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(health.mix[priority] ?? 0)} <span className="quiet">({t("health.due", { due: DUE[priority] })})</span>
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

function Worst({ title, alarms }: { title: string; alarms: readonly Named[] }) {
  const { t } = useTexts();
  const time = useTime();
  return (
    <Section title={title}>
      {alarms.length === 0 ? (
        <Text size="sm" className="quiet">
          {t("health.none")}
        </Text>
      ) : (
        <ol className="plain-list">
          {alarms.slice(0, 10).map(({ id, rule, name, device, count, since }) => (
            <li key={id} className="list-line">
              <Link to="/alarms/rules/$id" params={{ id: String(rule) }} className="plain-link">
                {name}
              </Link>{" "}
              · {device} · <span className="number">{since === undefined || since === null ? `${String(count)}×` : t("health.since", { time: time(since) })}</span>
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

function Floods({ health }: { health: Health }) {
  const { t } = useTexts();
  const time = useTime();
  return (
    <Section title={t("health.floods")} text={t("health.floodsText")}>
      {health.floods.length === 0 ? (
        <Text size="sm" className="quiet">
          {t("health.none")}
        </Text>
      ) : (
        <ol className="plain-list">
          {health.floods.slice(-20).map(({ from, to, alarms, peak }) => (
            <li key={from} className="list-line number">
              {t("health.flood", { from: time(from), to: time(to), n: alarms, peak })}
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

type Translate = ReturnType<typeof useTexts>["t"];

function figureText(name: string, t: Translate): string {
  const key = `figure.${name}`;
  return isKey(key) ? t(key) : name;
}

function adviceText(name: string, t: Translate): string {
  const key = `advice.${name}`;
  return isKey(key) ? t(key) : name;
}
