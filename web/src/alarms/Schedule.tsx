import { Button, Checkbox, Group, Stack, Text, TextInput } from "@mantine/core";
import { useTexts } from "../i18n";
import { Section } from "../ui/Section";
import { firstDay, inWeek, localeOf } from "../ui/week";
import { DAYS, type Day, MAX_PERIODS, type Period, stretchesOf, WORKING_HOURS } from "./schedule";

/** When a rule is in force: windows of the week, by local time; without any it always is. */
export function Schedule({ periods, change }: { periods: readonly Period[]; change: (periods: Period[]) => void }) {
  const { t } = useTexts();
  const put = (place: number, part: Partial<Period>) => change(periods.map((one, at) => (at === place ? { ...one, ...part } : one)));
  return (
    <Section title={t("ruleWeek.title")} text={t("ruleWeek.text")}>
      <Stack gap="md" align="stretch">
        {periods.map((period, place) => (
          <Window key={place} number={place + 1} period={period} change={(part) => put(place, part)} remove={() => change(periods.filter((_, at) => at !== place))} />
        ))}
        {periods.length > 0 ? <Week periods={periods} /> : <Text className="quiet">{t("ruleWeek.always")}</Text>}
        <Group>
          <Button variant="default" size="compact-md" disabled={periods.length >= MAX_PERIODS} onClick={() => change([...periods, WORKING_HOURS])}>
            {t("ruleWeek.add")}
          </Button>
        </Group>
      </Stack>
    </Section>
  );
}

/** The days in the order of the person's weeks. */
function useWeek(): Day[] {
  const { language } = useTexts();
  return inWeek(DAYS, firstDay(localeOf(language)));
}

interface Edited {
  number: number;
  period: Period;
  change: (part: Partial<Period>) => void;
  remove: () => void;
}

function Window({ number, period: { days, from, until }, change, remove }: Edited) {
  const { t } = useTexts();
  const week = useWeek();
  return (
    <fieldset className="rule-window">
      <legend>{t("ruleWeek.window", { n: number })}</legend>
      <Checkbox.Group label={t("ruleWeek.days")} value={days} onChange={(found) => change({ days: DAYS.filter((day) => found.includes(day)) })} error={days.length === 0 ? t("ruleWeek.noDay") : undefined}>
        <Group gap="sm" mt={4}>
          {week.map((day) => (
            <Checkbox key={day} value={day} label={t(`ruleDay.${day}`)} />
          ))}
        </Group>
      </Checkbox.Group>
      <Group align="end" gap="sm" mt="xs">
        <TextInput type="time" label={t("ruleWeek.from")} value={from} required onChange={(event) => change({ from: event.currentTarget.value })} />
        <TextInput type="time" label={t("ruleWeek.until")} value={until} required onChange={(event) => change({ until: event.currentTarget.value })} />
        <Button variant="default" onClick={remove} aria-label={t("ruleWeek.removeOf", { n: number })}>
          {t("common.remove")}
        </Button>
      </Group>
      {from >= until && (
        <Text size="sm" className="quiet" mt={4}>
          {t(from === until ? "ruleWeek.whole" : "ruleWeek.overnight")}
        </Text>
      )}
    </fieldset>
  );
}

/** The same as a picture; what it says is in the fields above. */
function Week({ periods }: { periods: readonly Period[] }) {
  const { t } = useTexts();
  return (
    <div className="rule-week" aria-hidden="true">
      {useWeek().map((day: Day) => (
        <div key={day}>
          <span>{t(`ruleDay.${day}`)}</span>
          <div>
            {stretchesOf(periods, day).map(([first, last], place) => (
              <i key={place} style={{ left: `${100 * first}%`, width: `${100 * (last - first)}%` }} />
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}
