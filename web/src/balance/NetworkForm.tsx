import { Stack } from "@mantine/core";
import { useState } from "react";
import { decimalOf } from "../ui/decimal";
import { useTexts } from "../i18n";
import { DecimalInput } from "../ui/DecimalInput";
import { Dialog } from "../ui/Dialog";
import { Submit, submitting } from "../ui/Saving";
import { type Network, useNetwork } from "./useBalance";

const fields = ["mains_km", "connections", "pressure_m", "private_km", "people", "hours_a_day"] as const;
const BLANK: Network = { mains_km: 0, connections: 0, pressure_m: 30, private_km: 0, people: 0, hours_a_day: 24 };

/** The pipes behind a site's inlets. */
export function NetworkForm({ site, network, close }: { site: number; network: Network | null; close: () => void }) {
  const { t, language } = useTexts();
  const [texts, setTexts] = useState<Record<string, string>>(() => {
    const written = new Intl.NumberFormat(language, { useGrouping: false, maximumFractionDigits: 6 });
    return Object.fromEntries(fields.map((name) => [name, written.format((network ?? BLANK)[name])]));
  });
  const save = useNetwork(site);
  const body = (): Network => ({ ...BLANK, ...Object.fromEntries(fields.map((name) => [name, Number(decimalOf(texts[name] ?? "") ?? Number.NaN)])) });
  return (
    <Dialog onClose={close} title={t("balance.network")}>
      <form onSubmit={submitting(() => save.mutate(body(), { onSuccess: close }))}>
        <Stack gap="sm">
          {fields.map((name) => (
            <DecimalInput key={name} label={t(`network.${name}`)} required value={texts[name] ?? ""} onChange={(typed) => setTexts({ ...texts, [name]: typed })} />
          ))}
          <Submit change={save}>{t("common.save")}</Submit>
        </Stack>
      </form>
    </Dialog>
  );
}
