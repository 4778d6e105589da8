import "./analyses.css";
import { Button, Group, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Device, take } from "../api/client";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { Mark, type MarkKind } from "../ui/Mark";
import { Section } from "../ui/Section";
import { CleaningChart, viewOf, wholeView } from "./CleaningChart";
import { type Cleaning, type Cleanings as Found, type Finding, placeOf, signals, type Times } from "./cleaningCurves";
import { CleaningEvidence } from "./CleaningEvidence";
import { minutes, reasonText, shortfallText } from "./cleaningWords";

const DAY = 86_400_000;
const DAYS = 7;
const REFRESH_MS = 60_000;
const SHOWN = 2; // findings of a cleaning that is not opened
const marks: Record<string, MarkKind> = { passed: "ok", failed: "bad", inconclusive: "warn", running: "quiet" };

/** The cleanings of a week, each with its verdict; the one that is opened shows what it proves, by its curves and step by step. */
export function Cleanings({ device }: { device: Device }) {
  const { t } = useTexts();
  const [until, setUntil] = useState<number | null>(null);
  const [golden, setGolden] = useState<string | null>(null);
  const [opened, setOpened] = useState<string | null>(null);
  const asked = { ...(until === null ? {} : { from: new Date(until - DAYS * DAY).toISOString(), to: new Date(until).toISOString() }), ...(golden === null ? {} : { golden }) };
  const found = useQuery({
    queryKey: ["cleanings", device.key, until, golden],
    queryFn: () => take(api.GET("/api/v1/devices/{key}/cleanings", { params: { path: { key: device.key }, query: asked } })),
    placeholderData: keepPreviousData,
    refetchInterval: until === null ? REFRESH_MS : false,
  });
  return (
    <Section title={t("cleaning.title")} text={t("cleaning.text")}>
      <Loaded query={found} height={160}>
        {({ items, from, channels }) => (
          <>
            {items.length === 0 && <Text className="quiet">{t("cleaning.none")}</Text>}
            <ul className="plain-list cleanings">
              {items.map((one) => (
                <Line key={one.from} cleaning={one} channels={channels} device={device} isOpen={opened === one.from} open={(wanted) => setOpened(wanted ? one.from : null)} makeGolden={() => setGolden(one.from)} />
              ))}
            </ul>
            <Group gap="xs" mt="xs">
              <Button size="compact-sm" variant="default" onClick={() => setUntil(Date.parse(from))}>
                {t("cleaning.earlier")}
              </Button>
              {until !== null && (
                <Button size="compact-sm" variant="default" onClick={() => setUntil(null)}>
                  {t("cleaning.latest")}
                </Button>
              )}
            </Group>
          </>
        )}
      </Loaded>
    </Section>
  );
}

interface LineProps {
  cleaning: Cleaning;
  channels: Found["channels"];
  device: Device;
  isOpen: boolean;
  open: (wanted: boolean) => void;
  makeGolden: () => void;
}

function Line({ cleaning, channels, device, isOpen, open, makeGolden }: LineProps) {
  const { t, language } = useTexts();
  const [view, see] = useState(wholeView);
  const verdict = cleaning.verdict ?? "running";
  const { findings } = cleaning;
  const hidden = isOpen || findings.length <= SHOWN + 1 ? 0 : findings.length - SHOWN;
  const show = (place: Times) => {
    open(true);
    see(viewOf(place));
  };
  const toggle = () => {
    see(wholeView);
    open(!isOpen);
  };
  return (
    <li className="list-line">
      <button type="button" className="cleaning-line" aria-expanded={isOpen} onClick={toggle}>
        <Mark kind={marks[verdict] ?? "quiet"} /> <b>{t(`cleaningVerdict.${verdict}`)}</b>
        <span className="number">{formatTime(cleaning.from, language, device.zone)}</span>
        <span className="quiet">
          {cleaning.recipe} · {minutes((Date.parse(cleaning.to) - Date.parse(cleaning.from)) / 1000, language)}
          {cleaning.is_golden && ` · ${t("cleaning.isGolden")}`}
        </span>
      </button>
      {findings.slice(0, findings.length - hidden).map((one) => (
        <Why key={`${one.step} ${one.reason} ${one.step_from}`} finding={one} cleaning={cleaning} channels={channels} device={device} isOpen={isOpen} show={show} />
      ))}
      {hidden > 0 && (
        <Text className="quiet" size="sm">
          {t("cleaning.moreFindings", { n: hidden })}
        </Text>
      )}
      {isOpen && (
        <>
          <CleaningChart device={device} channels={channels} cleaning={cleaning} view={view} see={see} />
          <CleaningEvidence steps={cleaning.steps} mark={show} />
          {cleaning.verdict === "passed" && !cleaning.is_golden && (
            <Button size="compact-sm" variant="default" onClick={makeGolden}>
              {t("cleaning.compareWith")}
            </Button>
          )}
        </>
      )}
    </li>
  );
}

interface WhyProps extends Pick<LineProps, "cleaning" | "channels" | "device" | "isOpen"> {
  finding: Finding;
  show: (place: Times) => void;
}

/** A reason with its place in the chart; of a step too short, by which limits its time did not count. */
function Why({ finding, cleaning, channels, device, isOpen, show }: WhyProps) {
  const { t, language, own } = useTexts();
  const place = placeOf(finding, cleaning);
  const step = cleaning.steps.find(({ from }) => from === finding.step_from);
  const short = isOpen && finding.reason === "effective_time" ? (step?.shortfalls ?? []) : [];
  return (
    <>
      <Text size="sm" component="div">
        {reasonText(finding, language, t)}{" "}
        {place !== null && (
          <button type="button" className="like-link" onClick={() => show(place)}>
            {t("cleaning.inChart")}
          </button>
        )}
      </Text>
      {signals.flatMap((signal) => {
        const channel = device.channels.find(({ key }) => key === channels[signal]);
        return short
          .filter((one) => one.signal === signal)
          .map((one) =>
            channel === undefined ? null : (
              <Text key={`${signal} ${one.bound}`} size="sm" className="quiet" pl="md">
                {shortfallText(one, channel, device.zone, language, own, t)}
              </Text>
            ),
          );
      })}
    </>
  );
}
