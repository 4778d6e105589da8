import { Checkbox, NativeSelect, NumberInput, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useTexts } from "../i18n";
import { PRIORITIES, type Preferences, type Priority } from "./channels";

const DIGESTS_MIN = [0, 15, 60, 240, 1440] as const;
const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** When somebody is told: from which priority on, not at night, gathered. */
export function PreferencesFields({ value, onChange, isTeam = false }: { value: Preferences; onChange: (value: Preferences) => void; isTeam?: boolean }) {
  const { t } = useTexts();
  const priorities = PRIORITIES.map((one) => ({ value: one, label: t(`noticePriority.${one}`) }));
  const quiet = value.quiet ?? null;
  return (
    <Stack gap="sm">
      {!isTeam && <Checkbox label={t("notify.follows")} description={t("notify.followsHint")} checked={value.follows} onChange={(event) => onChange({ ...value, follows: event.currentTarget.checked })} />}
      <Checkbox label={t("notify.tellsEnd")} checked={value.tells_end} onChange={(event) => onChange({ ...value, tells_end: event.currentTarget.checked })} />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" style={{ alignItems: "end" }}>
        <NativeSelect label={t("notify.least")} value={value.least} onChange={(event) => onChange({ ...value, least: event.currentTarget.value as Priority })} data={priorities} />
        <NativeSelect label={t("notify.digest")} description={t("notify.digestHint")} value={String(value.digest_min)} onChange={(event) => onChange({ ...value, digest_min: Number(event.currentTarget.value) })} data={digests(value.digest_min).map((one) => ({ value: String(one), label: one === 0 ? t("notify.atOnce") : t("notify.every", { n: one }) }))} />
      </SimpleGrid>
      <Checkbox
        label={t("notify.quiet")}
        description={t("notify.quietHint")}
        checked={quiet !== null}
        onChange={(event) => onChange({ ...value, quiet: event.currentTarget.checked ? { from: "22:00", until: "06:00", zone: OWN_ZONE } : null })}
      />
      {quiet !== null && (
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
          <TextInput type="time" label={t("notify.quietFrom")} value={quiet.from} required onChange={(event) => onChange({ ...value, quiet: { ...quiet, from: event.currentTarget.value } })} />
          <TextInput type="time" label={t("notify.quietUntil")} value={quiet.until} required onChange={(event) => onChange({ ...value, quiet: { ...quiet, until: event.currentTarget.value } })} />
          <TextInput label={t("sites.zone")} value={quiet.zone} required maxLength={64} onChange={(event) => onChange({ ...value, quiet: { ...quiet, zone: event.currentTarget.value } })} />
        </SimpleGrid>
      )}
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" style={{ alignItems: "end" }}>
        <NativeSelect label={t("notify.urgent")} description={t("notify.urgentHint")} value={value.urgent} onChange={(event) => onChange({ ...value, urgent: event.currentTarget.value as Priority })} data={priorities} />
        <NumberInput label={t("notify.perHour")} description={t("notify.perHourHint")} value={value.per_hour} onChange={(chosen) => onChange({ ...value, per_hour: Number(chosen) || 1 })} required min={1} max={600} allowDecimal={false} />
      </SimpleGrid>
    </Stack>
  );
}

function digests(chosen: number): readonly number[] {
  return (DIGESTS_MIN as readonly number[]).includes(chosen) ? DIGESTS_MIN : [...DIGESTS_MIN, chosen].sort((one, other) => one - other);
}
