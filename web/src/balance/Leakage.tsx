import { Button, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { formatNumber } from "../format";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { Section } from "../ui/Section";
import { NetworkForm } from "./NetworkForm";
import type { Balance } from "./useBalance";

/** Minimum night flow and leakage index, as far as the network is known. */
export function Leakage({ site, balance }: { site: number; balance: Balance }) {
  const { t, language } = useTexts();
  const mayConfigure = useRights().on("configure", site);
  const [edits, { open, close }] = useDisclosure();
  const { night, leakage } = balance;
  const lines = [
    { name: t("balance.night"), value: night?.flow_m3_h, unit: "m³/h" },
    { name: t("balance.legitimate"), value: night?.legitimate_m3_h, unit: "m³/h" },
    { name: t("balance.leakage"), value: night?.leakage_m3_day, unit: "m³/d" },
    { name: t("balance.unavoidable"), value: leakage?.unavoidable_m3_day, unit: "m³/d" },
    { name: t("balance.ili"), value: leakage?.index, unit: leakage === null ? "" : t("balance.class", { high: leakage.class_high_income, other: leakage.class_elsewhere }) },
  ];
  return (
    <Section title={t("balance.leaks")} text={t("balance.leaksText")}>
      {night === null && <Text className="quiet">{t("balance.noNight")}</Text>}
      <ul className="plain-list">
        {lines.map(
          ({ name, value, unit }) =>
            value !== undefined &&
            value !== null && (
              <li key={name} className="list-line">
                <Group justify="space-between" gap="xs">
                  <span>{name}</span>
                  <span className="number">
                    {formatNumber(value, 2, language)} {unit}
                  </span>
                </Group>
              </li>
            ),
        )}
      </ul>
      {leakage !== null && !leakage.is_proven && <Text size="sm">{t("balance.notProven")}</Text>}
      {mayConfigure && (
        <Button mt="xs" variant="default" onClick={open}>
          {t("balance.network")}
        </Button>
      )}
      {edits && <NetworkForm site={site} network={balance.network} close={close} />}
    </Section>
  );
}
