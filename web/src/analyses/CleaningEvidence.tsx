import { Table } from "@mantine/core";
import { formatNumber } from "../format";
import { useTexts } from "../i18n";
import { Scrolled } from "../ui/Scrolled";
import { type Step, timesOf, type Times } from "./cleaningCurves";
import { minutes, signed } from "./cleaningWords";

/** What each step reached beside what its recipe demands, as a table; its name looks at it in the chart. */
export function CleaningEvidence({ steps, mark }: { steps: readonly Step[]; mark: (times: Times) => void }) {
  const { t, language } = useTexts();
  const number = (value: number) => formatNumber(value, 1, language);
  const spread = (one: Step["temperature_c"], least: number | null) =>
    one === null ? "–" : `${number(one.low)} / ${number(one.mean)} / ${number(one.high)}${least === null ? "" : ` (≥ ${number(least)})`}`;
  return (
    <Scrolled label={t("cleaning.evidence")}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("cleaning.step")}</Table.Th>
            <Table.Th>{t("cleaning.duration")}</Table.Th>
            <Table.Th>{t("cleaning.effective")}</Table.Th>
            <Table.Th>{t("cleaning.temperature")}</Table.Th>
            <Table.Th>{t("cleaning.conductivity")}</Table.Th>
            <Table.Th>{t("cleaning.volume")}</Table.Th>
            <Table.Th>{t("cleaning.golden")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="number">
          {steps.map((step) => (
            <Table.Tr key={step.from}>
              <Table.Th scope="row">
                <button type="button" className="like-link" onClick={() => mark(timesOf(step))}>
                  {t(`cleaningStep.${step.kind}`)}
                </button>
              </Table.Th>
              <Table.Td>{minutes(step.duration_s, language)}</Table.Td>
              <Table.Td>
                {minutes(step.effective_s, language)}
                {step.min_s > 0 && ` (≥ ${minutes(step.min_s, language)})`}
              </Table.Td>
              <Table.Td>{spread(step.temperature_c, step.min_temperature_c)}</Table.Td>
              <Table.Td>{spread(step.conductivity_ms_cm, step.min_conductivity_ms_cm)}</Table.Td>
              <Table.Td>{step.volume_m3 === null ? "–" : `${formatNumber(step.volume_m3, 2, language)} m³`}</Table.Td>
              <Table.Td>
                {step.golden === null ? "–" : t(step.golden.is_alike ? "cleaning.alike" : "cleaning.unlike", { n: formatNumber(100 * step.golden.duration, 0, language) })}
                {step.golden?.temperature_k != null && ` · ${signed(step.golden.temperature_k, language)} K`}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Scrolled>
  );
}
