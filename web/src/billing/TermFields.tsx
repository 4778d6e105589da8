import { NativeSelect, SimpleGrid, TextInput } from "@mantine/core";
import { useMeters } from "../consumption/useConsumption";
import { type Language, useTexts } from "../i18n";
import { decimalOf, typedOf } from "../ui/decimal";
import { DecimalInput } from "../ui/DecimalInput";
import type { Contract } from "./types";
import { useTariffs } from "./useBilling";

/** What may be changed of a contract while it runs; texts as they are typed. */
export interface Terms {
  tariff: string;
  dwellings: string;
  contracted: string;
  dueDays: string;
  alertPercent: string;
  injected: string;
}

export const blankTerms: Terms = { tariff: "", dwellings: "1", contracted: "", dueDays: "10", alertPercent: "30", injected: "" };

export function termsOf({ tariff, dwellings, contracted, due_days: dueDays, alert_percent: alertPercent, injected_channel: injected }: Contract, language: Language): Terms {
  return { tariff, dwellings: String(dwellings), contracted: Number(contracted) === 0 ? "" : typedOf(contracted, language), dueDays: String(dueDays), alertPercent: alertPercent === null ? "" : String(alertPercent), injected: injected ?? "" };
}

/** As the server takes it. */
export function termsBody({ tariff, dwellings, contracted, dueDays, alertPercent, injected }: Terms) {
  return { tariff, dwellings: Number(dwellings), contracted: decimalOf(contracted) ?? "0", due_days: Number(dueDays), alert_percent: alertPercent === "" ? null : Number(alertPercent), injected_channel: injected === "" ? null : injected };
}

/** device, counted: whose other channels may count injected energy. */
export function TermFields({ value, onChange, device, counted }: { value: Terms; onChange: (value: Terms) => void; device: string; counted: string }) {
  const { t, own } = useTexts();
  const tariffs = useTariffs().data?.items ?? [];
  const feeding = (useMeters(device).data ?? []).filter(({ channel, unit }) => unit.endsWith("Wh") && channel !== counted);
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
      <NativeSelect
        label={t("contract.tariff")}
        value={value.tariff}
        onChange={(event) => onChange({ ...value, tariff: event.currentTarget.value })}
        data={[{ value: "", label: t("contract.chooseTariff") }, ...tariffs.map(({ key, name }) => ({ value: key, label: own(name) }))]}
        required
      />
      <TextInput type="number" label={t("contract.dwellings")} min={1} max={10_000} value={value.dwellings} onChange={(event) => onChange({ ...value, dwellings: event.currentTarget.value })} required />
      <DecimalInput label={t("contract.contracted")} value={value.contracted} onChange={(contracted) => onChange({ ...value, contracted })} />
      <TextInput type="number" label={t("contract.dueDays")} min={0} max={180} value={value.dueDays} onChange={(event) => onChange({ ...value, dueDays: event.currentTarget.value })} required />
      <TextInput
        type="number"
        label={t("contract.alertPercent")}
        description={t("contract.alertPercentText")}
        min={1}
        max={1_000}
        value={value.alertPercent}
        onChange={(event) => onChange({ ...value, alertPercent: event.currentTarget.value })}
      />
      {(feeding.length > 0 || value.injected !== "") && (
        <NativeSelect
          label={t("contract.injected")}
          description={t("contract.injectedText")}
          value={value.injected}
          onChange={(event) => onChange({ ...value, injected: event.currentTarget.value })}
          data={[{ value: "", label: t("contract.injectsNothing") }, ...feeding.map(({ channel, unit }) => ({ value: channel, label: `${channel} (${unit})` }))]}
        />
      )}
    </SimpleGrid>
  );
}
