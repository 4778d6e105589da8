import { SimpleGrid, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { decimalOf } from "../ui/decimal";
import { type Translate, useTexts } from "../i18n";
import { live } from "../live/hooks";
import { useMe } from "../session/session";
import { Section } from "../ui/Section";
import { problemText } from "../ui/words";
import { BillTable } from "./InvoiceLines";
import { faultIn } from "./tariff";
import { isMonth } from "./search";
import { monthBefore, monthEdges, quantityName } from "./words";

const PAUSE_MS = 300;
const CONSUMPTION = "consumption";
const FIRST_QUANTITY = "20";
const NO_POSTS = new Set([CONSUMPTION, "demand", "excess_reactive"]);

type Quantities = Readonly<Record<string, string>>;

/** What is typed to try a tariff with, and what the server makes of it. */
export function useTrial(key: string, text: string) {
  const { zone } = useMe();
  const [month, setMonth] = useState(() => monthBefore(live.clock, zone));
  const [dwellings, setDwellings] = useState("1");
  const [contracted, setContracted] = useState("");
  const [typed, setTyped] = useState<Quantities>({});
  const [asked] = useDebouncedValue({ month, dwellings, contracted, typed }, PAUSE_MS);
  const calculation = useQuery({
    queryKey: ["calculation", key, text, asked],
    queryFn: () =>
      take(
        api.POST("/api/v1/tariffs/{key}/calculation", {
          params: { path: { key } },
          body: {
            text,
            ...monthEdges(asked.month),
            quantities: amountsOf(asked.typed),
            dwellings: Math.max(1, Number(asked.dwellings)),
            contracted: decimalOf(asked.contracted) ?? "0",
          },
        }),
      ),
    enabled: isMonth(asked.month),
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 0,
  });
  return { calculation, month, setMonth, dwellings, setDwellings, contracted, setContracted, typed, setTyped };
}

/** What somebody would pay by the text as it stands, nothing written. */
export function TariffTrial({ trial }: { trial: ReturnType<typeof useTrial> }) {
  const { t } = useTexts();
  const { calculation, typed } = trial;
  const quantities = calculation.data?.quantities ?? ["consumption"];
  const other = calculation.error !== null && faultIn(calculation.error) === null ? calculation.error : null;
  return (
    <Section title={t("trial.title")} text={t("trial.text")}>
      <SimpleGrid cols={2} spacing="xs" mb="sm">
        <TextInput size="xs" type="month" label={t("invoices.month")} value={trial.month} onChange={(event) => trial.setMonth(event.currentTarget.value)} />
        <TextInput size="xs" type="number" min={1} label={t("contract.dwellings")} value={trial.dwellings} onChange={(event) => trial.setDwellings(event.currentTarget.value)} />
        {quantities.map((name) => (
          <TextInput
            key={name}
            size="xs"
            inputMode="decimal"
            label={quantityLabel(name, calculation.data?.unit ?? "", t)}
            value={typed[name] ?? (name === CONSUMPTION ? amountsOf(typed)[name] : "")}
            onChange={({ currentTarget: { value } }) => trial.setTyped({ ...typed, [name]: value })}
          />
        ))}
        {quantities.includes("demand") && <TextInput size="xs" inputMode="decimal" label={t("contract.contracted")} value={trial.contracted} onChange={(event) => trial.setContracted(event.currentTarget.value)} />}
      </SimpleGrid>
      {other !== null && <Text size="sm">{problemText(other, t)}</Text>}
      {calculation.data !== undefined && (
        <div className={calculation.error !== null ? "stale" : undefined}>
          <BillTable bill={calculation.data.bill} />
        </div>
      )}
    </Section>
  );
}

/** A quantity's name in the person's language where it is one of the usual ones, with its unit. */
function quantityLabel(name: string, unit: string, t: Translate): string {
  return [quantityName(name, t), name === "demand" ? "kW" : unit].filter((text) => text !== "").join(", ");
}

/** What is computed with. A consumption that nobody has typed is the sum of the posts, or some amount to begin with. */
function amountsOf(typed: Quantities): Record<string, string> {
  const amounts = Object.fromEntries(Object.entries(typed).map(([name, amount]) => [name, decimalOf(amount) ?? "0"]));
  const posts = Object.entries(amounts).filter(([name]) => !NO_POSTS.has(name));
  const sum = posts.reduce((total, [, amount]) => total + Number(amount), 0);
  return { [CONSUMPTION]: posts.length === 0 ? FIRST_QUANTITY : String(Number(sum.toFixed(6))), ...amounts };
}
