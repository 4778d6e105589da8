import { Button, Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { Section } from "../ui/Section";
import { ContractForecast } from "./ContractForecast";
import { ContractForm } from "./ContractForm";
import { ContractTerms } from "./ContractTerms";
import { CyclePreview } from "./CyclePreview";
import type { Contract, Customer } from "./types";
import { dayText } from "./words";

/** What a customer pays for: which channel of which device, by which tariff, from when until when. */
export function Contracts({ customer }: { customer: Customer }) {
  const { t } = useTexts();
  const [adds, add] = useState(false);
  const [changed, change] = useState<Contract | null>(null);
  const contracts = useQuery({
    queryKey: ["contracts", customer.id],
    queryFn: () => take(api.GET("/api/v1/contracts", { params: { query: { customer: customer.id } } })),
  });
  return (
    <Section title={t("contracts.title")} text={t("contracts.text")}>
      <Loaded query={contracts} height={80}>
        {({ items }) => (
          <ul className="plain-list">
            {items.map((contract) => (
              <ContractLine key={contract.number} contract={contract} change={() => change(contract)} />
            ))}
          </ul>
        )}
      </Loaded>
      <Button mt="xs" variant="default" onClick={() => add(true)}>
        {t("contracts.new")}
      </Button>
      {adds && <ContractForm customer={customer} close={() => add(false)} />}
      {changed !== null && <ContractTerms contract={changed} close={() => change(null)} />}
    </Section>
  );
}

function ContractLine({ contract, change }: { contract: Contract; change: () => void }) {
  const { t, language } = useTexts();
  return (
    <li className="list-line">
      <b>{contract.number}</b> ·{" "}
      <Link to="/devices/$key/consumption" params={{ key: contract.device }} search={{ channel: contract.channel }} className="plain-link">
        {contract.device}
      </Link>{" "}
      {contract.channel} ·{" "}
      <Link to="/billing/tariffs/$key" params={{ key: contract.tariff }} className="plain-link">
        {contract.tariff}
      </Link>
      <div className="quiet number">
        {contract.until_day === null ? t("contract.since", { day: dayText(contract.from_day, language) }) : t("contract.between", { from: dayText(contract.from_day, language), until: dayText(contract.until_day, language) })} ·{" "}
        {t("contract.dwellingsOf", { n: contract.dwellings })} · {t("contract.cycleOf", { n: contract.cycle_day })} · {t("contract.dueOf", { n: contract.due_days })}
        {Number(contract.contracted) > 0 && ` · ${t("contract.contractedOf", { n: contract.contracted })}`}
      </div>
      <ContractForecast number={contract.number} />
      <Group gap="xs" mt={6}>
        <Button size="compact-sm" variant="default" aria-label={`${t("common.edit")} ${contract.number}`} onClick={change}>
          {t("common.edit")}
        </Button>
        <CyclePreview number={contract.number} />
      </Group>
    </li>
  );
}
