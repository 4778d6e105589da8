import "./timeline.css";
import { Chip, Group, Skeleton, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Device } from "../api/client";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { Segments } from "../ui/Segments";
import { Shape } from "./MarkLane";
import { ErrorNote } from "../shell/Pages";
import { Mark } from "../ui/Mark";
import { More } from "../ui/More";
import { Section } from "../ui/Section";
import { type Entry, type Kind, KINDS, noteOf, type Period, PERIODS, wordsOf } from "./entries";
import { EntryLink } from "./EntryLink";
import { useTimeline } from "./useTimeline";

const AROUND_MS = 30 * 60_000; // of an event, shown on the chart

interface Props {
  device: Device;
  kinds: readonly Kind[] | undefined;
  period: Period;
  choose: (kinds: readonly Kind[] | undefined, period: Period) => void;
}

/** All that happened to a device, newest first, by kind and period. */
export function DeviceTimeline({ device, kinds, period, choose }: Props) {
  const { t } = useTexts();
  const found = useTimeline(device.key, kinds, period);
  const entries = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const kept = { over: period, ...(kinds === undefined ? {} : { kinds: kinds.join(",") }) };
  const chooseKinds = (chosen: string[]) => {
    const named = KINDS.filter((kind) => chosen.includes(kind));
    choose(named.length === 0 || named.length === KINDS.length ? undefined : named, period);
  };
  return (
    <Section title={t("timeline.title")} text={t("timeline.text")}>
      <Group gap="sm" mb="sm">
        <Segments size="xs" aria-label={t("timeline.period")} value={period} onChange={(value) => choose(kinds, value as Period)} data={Object.keys(PERIODS).map((value) => ({ value, label: t(`timelinePeriod.${value as Period}`) }))} />
        <Chip.Group multiple value={[...(kinds ?? [])]} onChange={chooseKinds}>
          <Group gap={6} role="group" aria-label={t("timeline.kinds")}>
            {KINDS.map((kind) => (
              <Chip key={kind} value={kind} size="xs" variant="outline">
                {t(`timelineKind.${kind}`)}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      </Group>
      {found.isError && <ErrorNote error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <Skeleton height={120} />}
      {found.isSuccess && entries.length === 0 && (
        <>
          <Text fw={600}>{t("timeline.none")}</Text>
          <Text size="sm" className="quiet">
            {t("timeline.noneText")}
          </Text>
        </>
      )}
      {entries.length > 0 && (
        <ol className="plain-list timeline" aria-label={t("timeline.list")}>
          {entries.map((one) => (
            <Line key={one.id} entry={one} device={device} kept={kept} />
          ))}
        </ol>
      )}
      <More of={found} />
    </Section>
  );
}

/** kept: what the address says of the timeline. */
function Line({ entry, device, kept }: { entry: Entry; device: Device; kept: { over: Period; kinds?: string } }) {
  const { t, language, own } = useTexts();
  const at = Date.parse(entry.at);
  const time = formatTime(at, language, device.zone);
  const names = entry.channels.map((key) => own(device.channels.find((one) => one.key === key)?.name ?? key)).join(", ");
  const note = noteOf(entry, t);
  return (
    <li className="timeline-line">
      <Link className="plain-link number" to="/devices/$key" params={{ key: device.key }} search={{ ...kept, from: at - AROUND_MS, to: at + AROUND_MS }} aria-label={t("timeline.toChart", { time })}>
        {time}
      </Link>
      <Sign entry={entry} />
      <span>
        <EntryLink entry={entry} device={device.key}>
          {wordsOf(entry, own, t)}
        </EntryLink>
        <span className="quiet">
          {names !== "" && ` · ${names}`}
          {isPriority(entry.severity) && ` · ${t(`priority.${entry.severity}`)}`}
          {entry.until !== null && ` · ${t("timeline.until", { time: formatTime(entry.until, language, device.zone) })}`}
          {entry.author !== "" && ` · ${entry.author}`}
        </span>
        {note !== "" && (
          <>
            : <q>{note}</q>
          </>
        )}
      </span>
    </li>
  );
}

/** What wants attention has a shape of its own; all else is a quiet dot. */
function Sign({ entry }: { entry: Entry }) {
  if (isPriority(entry.severity) || entry.kind === "anomaly") return <Shape of={entry} />;
  return <Mark kind={entry.severity === "warning" ? "warn" : "quiet"} />;
}

function isPriority(severity: Entry["severity"]): severity is Exclude<Entry["severity"], "info" | "warning"> {
  return severity !== "info" && severity !== "warning";
}
