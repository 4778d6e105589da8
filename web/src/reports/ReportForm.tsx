import { Button, Checkbox, Group, NativeSelect, Stack, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { sitesQuery } from "../sites/queries";
import { localeOf } from "../ui/week";
import { Refusal, Submit, submitting } from "../ui/Saving";
import { type Definition, type Format, fitting, formats, heeds, kinds, type Relative, type Report, type ReportBody, relatives, type Schedule, scheduleOf, schedules, severities, speaksOfWeeks, stepsOf, weekBegins, weekText, words } from "./definitions";
import { SensorFields } from "./SensorFields";
import { useMake, useSave } from "./useReports";

const NAMED = "named";

/** What a new report is about from the beginning. */
export type Begin = Partial<Pick<Definition, "devices" | "channels" | "site_id" | "period">>;

/** Asks what a report is about; makes it at once, or saves it with when and to whom it goes. */
export function ReportForm({ report, begin, done }: { report?: Report; begin?: Begin; done: () => void }) {
  const { t, language } = useTexts();
  const rights = useRights();
  const sites = useQuery(sitesQuery);
  const places = sites.data?.items ?? [];
  const [name, setName] = useState(report?.name ?? "");
  const [definition, setDefinition] = useState<Definition>(report?.definition ?? { kind: "flow", period: { relative: "yesterday", week_begins: weekBegins(localeOf(language)) }, site_id: 0, devices: [], channels: [], qualities: [...severities], step: "1h", language, zone: "", csv: language === "pt-BR" ? "semicolon" : "rfc4180", ...begin });
  const [chosen, setChosen] = useState<Format[]>(report?.formats ?? ["pdf"]);
  const [delivery, setDelivery] = useState<Delivery>({ cron: report?.cron ?? "", recipients: (report?.recipients ?? []).join("\n"), folder: report?.folder ?? "" });
  const site = definition.site_id === 0 ? (places[0]?.id ?? 0) : definition.site_id;
  const change = (part: Partial<Definition>) => setDefinition({ ...definition, ...part });
  const asks = (filter: Parameters<typeof heeds>[1]) => heeds(definition.kind, filter);
  const make = useMake(done);
  const [saved] = useState(report); // what the change is based on, also when another one comes
  const save = useSave(saved, done);
  const body = (): ReportBody => ({
    name: name.trim() === "" ? t(`reportKind.${definition.kind}`) : name.trim(),
    definition: { ...definition, site_id: site, devices: asks("devices") ? definition.devices : [], channels: asks("channels") ? definition.channels : [], qualities: asks("qualities") ? definition.qualities : [...severities] },
    formats: chosen,
    cron: delivery.cron,
    zone: report?.zone ?? "",
    recipients: words(delivery.recipients),
    folder: delivery.folder.trim(),
  });
  return (
    <form onSubmit={submitting(() => make.mutate(body()))}>
      <Stack gap="sm">
        <TextInput label={t("reports.name")} placeholder={t(`reportKind.${definition.kind}`)} value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={100} data-autofocus />
        <div className="two-columns">
          <NativeSelect
            label={t("reports.kind")}
            value={definition.kind}
            onChange={(event) => {
              const kind = event.currentTarget.value as Definition["kind"];
              change({ kind, step: fitting(kind, definition.step) });
            }}
            data={kinds.map((value) => ({ value, label: t(`reportKind.${value}`) }))}
          />
          <NativeSelect label={t("reports.step")} value={definition.step} onChange={(event) => change({ step: event.currentTarget.value as Definition["step"] })} data={stepsOf[definition.kind].map((value) => ({ value, label: t(`reportStep.${value}`) }))} />
        </div>
        <NativeSelect label={t("devices.site")} value={String(site)} onChange={(event) => change({ site_id: Number(event.currentTarget.value) })} data={places.map((one) => ({ value: String(one.id), label: one.path.join(" › ") }))} />
        <PeriodFields period={definition.period} change={(period) => change({ period })} />
        <SensorFields site={site} chosen={{ devices: definition.devices, channels: definition.channels }} change={change} asksDevices={asks("devices")} asksChannels={asks("channels")} />
        {asks("qualities") && (
          <Checkbox.Group label={t("reports.qualities")} value={definition.qualities} onChange={(found) => change({ qualities: severities.filter((one) => found.includes(one)) })}>
            <Group mt={4}>
              {severities.map((one) => (
                <Checkbox key={one} value={one} label={t(`reportQuality.${one}`)} />
              ))}
            </Group>
          </Checkbox.Group>
        )}
        <Checkbox.Group label={t("reports.formats")} value={chosen} onChange={(found) => setChosen(formats.filter((one) => found.includes(one)))}>
          <Group mt={4}>
            {formats.map((one) => (
              <Checkbox key={one} value={one} label={one.toUpperCase()} />
            ))}
          </Group>
        </Checkbox.Group>
        <div className="two-columns">
          <NativeSelect label={t("reports.language")} value={definition.language} onChange={(event) => change({ language: event.currentTarget.value as "pt-BR" | "en" })} data={[{ value: "pt-BR", label: "Português (Brasil)" }, { value: "en", label: "English" }]} />
          <TextInput label={t("reports.zone")} description={t("reports.zoneHint")} value={definition.zone} onChange={(event) => change({ zone: event.currentTarget.value })} maxLength={64} placeholder={places.find(({ id }) => id === site)?.zone ?? ""} />
        </div>
        {chosen.includes("csv") && <NativeSelect label={t("reports.csv")} value={definition.csv} onChange={(event) => change({ csv: event.currentTarget.value as "semicolon" | "rfc4180" })} data={(["semicolon", "rfc4180"] as const).map((value) => ({ value, label: t(`reportCsv.${value}`) }))} />}
        {rights.on("configure", site) && <DeliveryFields delivery={delivery} change={setDelivery} />}
        <Refusal error={save.error} />
        <Group gap="sm" align="start">
          <Submit change={make} disabled={chosen.length === 0 || (asks("qualities") && definition.qualities.length === 0)}>
            {t("reports.make")}
          </Submit>
          {rights.on("configure", site) && (
            <Button variant="default" loading={save.isPending} disabled={chosen.length === 0} onClick={() => save.mutate(body())}>
              {t("common.save")}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}

/** A period that is told anew each time, or from a day to another. */
function PeriodFields({ period, change }: { period: Definition["period"]; change: (period: Definition["period"]) => void }) {
  const { t, language } = useTexts();
  const relative = period.relative ?? null;
  const begins = period.week_begins;
  const label = (value: Relative) => `${t(`reportPeriod.${value}`)}${speaksOfWeeks(value) ? ` (${weekText(begins, language)})` : ""}`;
  return (
    <>
      <NativeSelect
        label={t("reports.period")}
        value={relative ?? NAMED}
        onChange={(event) => change({ week_begins: begins, ...(event.currentTarget.value === NAMED ? { from: "", to: "" } : { relative: event.currentTarget.value as Relative }) })}
        data={[...relatives.map((value) => ({ value, label: label(value) })), { value: NAMED, label: t("reportPeriod.named") }]}
      />
      {relative === null && (
        <div className="two-columns">
          <TextInput type="date" label={t("reports.from")} value={period.from ?? ""} onChange={(event) => change({ ...period, from: event.currentTarget.value })} required />
          <TextInput type="date" label={t("reports.until")} value={period.to ?? ""} onChange={(event) => change({ ...period, to: event.currentTarget.value })} required />
        </div>
      )}
    </>
  );
}

interface Delivery {
  cron: string;
  recipients: string;
  folder: string;
}

/** When a saved report is made by itself, and where it goes then. */
function DeliveryFields({ delivery, change }: { delivery: Delivery; change: (delivery: Delivery) => void }) {
  const { t } = useTexts();
  const [schedule, setSchedule] = useState<Schedule>(scheduleOf(delivery.cron));
  return (
    <details open={delivery.cron !== "" || delivery.recipients !== ""}>
      <summary className="summary">{t("reports.delivery")}</summary>
      <Stack gap="sm" mt="xs">
        <NativeSelect
          label={t("reports.schedule")}
          value={schedule}
          onChange={(event) => {
            const found = event.currentTarget.value as Schedule;
            setSchedule(found);
            if (found !== "other") change({ ...delivery, cron: schedules[found] });
          }}
          data={(["never", "daily", "weekly", "monthly", "other"] as const).map((value) => ({ value, label: t(`reportSchedule.${value}`) }))}
        />
        {schedule === "other" && <TextInput label={t("reports.cron")} description={t("reports.cronHint")} value={delivery.cron} onChange={(event) => change({ ...delivery, cron: event.currentTarget.value })} maxLength={100} spellCheck={false} />}
        <Textarea label={t("reports.recipients")} description={t("reports.recipientsHint")} value={delivery.recipients} onChange={(event) => change({ ...delivery, recipients: event.currentTarget.value })} autosize minRows={2} maxRows={6} autoCapitalize="none" spellCheck={false} />
        <TextInput label={t("reports.folder")} description={t("reports.folderHint")} value={delivery.folder} onChange={(event) => change({ ...delivery, folder: event.currentTarget.value })} maxLength={64} pattern="[A-Za-z0-9][A-Za-z0-9_\-]*" spellCheck={false} />
      </Stack>
    </details>
  );
}
