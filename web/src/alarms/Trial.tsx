import { Button, Stack, Text } from "@mantine/core";
import { formatNumber, formatTime } from "../format";
import { useTexts } from "../i18n";
import type { components } from "../api/schema";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";
import { type Cure, cured, type Draft, isPlaced } from "./rules";
import { useTrial } from "./useRules";

type Simulation = components["schemas"]["SimulationAnswer"];
const SHOWN = 8;

/** What the rule would have done in the past, and what would make it quieter. */
export function Trial({ draft, write, change }: { draft: Draft; write: (value: number) => string; change: (draft: Draft) => void }) {
  const { t } = useTexts();
  const trial = useTrial();
  return (
    <Section title={t("ruleTrial.title")} text={t("ruleTrial.text")}>
      <Stack gap="sm" align="start">
        <Button variant="default" onClick={() => trial.mutate(draft)} loading={trial.isPending} disabled={!isPlaced(draft)}>
          {t("ruleTrial.run")}
        </Button>
        <Refusal error={trial.error} />
        {trial.data !== undefined && (
          <div role="status">
            <Outcome found={trial.data} />
            <Cures
              cures={trial.data.cures}
              apply={(cure) => {
                const next = cured(draft, cure, write);
                change(next);
                trial.mutate(next);
              }}
            />
            <Newest found={trial.data} />
          </div>
        )}
      </Stack>
    </Section>
  );
}

function Outcome({ found }: { found: Simulation }) {
  const { t, language } = useTexts();
  const number = (value: number) => formatNumber(value, null, language);
  const lasting = (seconds: number | null) => (seconds === null ? "—" : durationText(seconds, t));
  return (
    <>
      <Text fw={600}>{t("ruleTrial.alarms", { n: number(found.alarms), devices: found.devices, rate: number(found.a_day) })}</Text>
      {found.alarms > 0 && (
        <Text size="sm">
          {t("ruleTrial.lasted", { shortest: lasting(found.shortest_s), median: lasting(found.median_s), longest: lasting(found.longest_s) })} {t("ruleTrial.nuisances", { n: number(found.nuisances) })}
        </Text>
      )}
    </>
  );
}

function Cures({ cures, apply }: { cures: readonly Cure[]; apply: (cure: Cure) => void }) {
  const { t, language } = useTexts();
  if (cures.length === 0) return null;
  return (
    <>
      <Text fw={600} mt="sm">
        {t("ruleTrial.cures")}
      </Text>
      <ul className="plain-list">
        {cures.map((cure) => (
          <li key={cure.setting} className="list-line rule-cure">
            <span>
              <b>{t(`cure.${cure.setting}`, { value: formatNumber(cure.value, null, language) })}</b> {t("ruleTrial.left", { n: cure.alarms, lost: cure.lost })}
            </span>
            <Button size="compact-sm" variant="default" onClick={() => apply(cure)}>
              {t("ruleTrial.apply")}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}

function Newest({ found }: { found: Simulation }) {
  const { t, language } = useTexts();
  if (found.raised.length === 0) return null;
  return (
    <>
      <Text fw={600} mt="sm">
        {t("ruleTrial.newest")}
      </Text>
      <ol className="plain-list">
        {found.raised.slice(0, SHOWN).map((one) => (
          <li key={`${one.device} ${one.limit} ${one.began_at}`} className="list-line">
            <span className="number">{formatTime(one.began_at, language, one.zone)}</span> · {one.device} · {one.ended_at === null ? t("ruleTrial.lasts") : durationText((Date.parse(one.ended_at) - Date.parse(one.began_at)) / 1000, t)}
          </li>
        ))}
      </ol>
    </>
  );
}

function durationText(seconds: number, t: ReturnType<typeof useTexts>["t"]): string {
  if (seconds < 100) return t("span.seconds", { n: Math.round(seconds) });
  if (seconds < 100 * 60) return t("span.minutes", { n: Math.round(seconds / 60) });
  return t("span.hours", { n: Math.round(seconds / 3600) });
}
