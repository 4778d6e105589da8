import { Text } from "@mantine/core";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { useAge, useLostAt, useNow } from "../live/hooks";
import { Mark } from "../ui/Mark";
import type { ChartSeries } from "./columns";
import { shownOf, type Span } from "./range";
import { type Doubt, doubtOf } from "./series";

interface Props {
  span: Span;
  zone: string;
  /** As the server says it; undefined while nothing is there. */
  resolution: string | undefined;
  /** In words, where a point stands for something else than the mean. */
  means?: string | undefined;
  /** Whether what is drawn is what was there before, until the better one has come. */
  isPassing: boolean;
}

/** Which time a chart shows, what a point of it stands for, and, without a connection, how old all of it is. */
export function ChartNote({ span, zone, resolution, means, isPassing }: Props) {
  const { t, language } = useTexts();
  const { from, to } = shownOf(span, useNow());
  return (
    <Text size="xs" className="quiet" mb="xs" component="div">
      <span className="number">
        {formatTime(from, language, zone)} – {formatTime(to, language, zone)} ({zone})
      </span>
      {resolution !== undefined && ` · ${means ?? levelText(resolution, t)}`}
      {isPassing && ` · ${t("chart.passing")}`}
      {span.live && <Lost />}
    </Text>
  );
}

function Lost() {
  const { t, language } = useTexts();
  const lostAt = useLostAt();
  const age = useAge(lostAt ?? undefined);
  if (lostAt === null) return null;
  return (
    <div role="status">
      <Mark kind="bad" /> {t("chart.lost", { time: formatTime(lostAt, language), age })}
    </div>
  );
}

/** What a point stands for, with the unit written out: `7m` could be months. */
export function levelText(resolution: string, t: ReturnType<typeof useTexts>["t"]): string {
  if (resolution === "raw") return t("chart.resolution", { resolution: t("chart.raw") });
  return t("chart.level", { resolution: resolution.replace(/^(\d+)m$/, "$1 min").replace(/^(\d+)([shd])$/, "$1 $2") });
}

const SIGNS: Record<Doubt, string> = { estimated: "◇", suspect: "□", bad: "▮" };

/** What the marks on the lines mean, as far as there are any. */
export function ChartKey({ series }: { series: readonly ChartSeries[] }) {
  const { t } = useTexts();
  const doubts = new Set<Doubt>();
  for (const { points } of series) {
    for (const quality of new Set(points.quality)) {
      const doubt = doubtOf(quality);
      if (doubt !== null) doubts.add(doubt);
    }
  }
  if (doubts.size === 0) return null;
  return (
    <Text size="xs" className="quiet" component="ul" aria-label={t("chart.key")} style={{ display: "flex", flexWrap: "wrap", gap: "0 14px", margin: "0 0 6px", padding: 0, listStyle: "none" }}>
      {(["estimated", "suspect", "bad"] as const)
        .filter((doubt) => doubts.has(doubt))
        .map((doubt) => (
          <li key={doubt}>
            <span aria-hidden="true" style={{ color: doubt === "bad" ? "var(--bad)" : "var(--warn)" }}>
              {SIGNS[doubt]}
            </span>{" "}
            {t(`chartKey.${doubt}`)}
          </li>
        ))}
    </Text>
  );
}
