import { ActionIcon, Button, Stack, Text, TextInput } from "@mantine/core";
import { type Calculated, letterOf, MOST_CALCULATED, shownName } from "../chart/formulas";
import { useFormula } from "../chart/useFormula";
import { useTexts } from "../i18n";
import { refusing } from "../ui/refusing";

interface Props {
  value: readonly Calculated[];
  /** How many series the chart has. */
  series: number;
  set: (calculated: Calculated[]) => void;
}

/** Series calculated from those of a chart, each by a formula over their letters. */
export function CalculatedFields({ value, series, set }: Props) {
  const { t } = useTexts();
  return (
    <Stack gap="xs">
      {value.map((one, index) => (
        <CalculatedField key={index} value={one} series={series} set={(calculated) => set(value.map((other, n) => (n === index ? calculated : other)))} remove={() => set(value.filter((_, n) => n !== index))} />
      ))}
      {value.length > 0 && (
        <Text size="xs" className="quiet">
          {t("explore.formulaHelp", { letters: Array.from({ length: series }, (_, place) => letterOf(place)).join(", ") })}
        </Text>
      )}
      <Button variant="default" size="compact-md" style={{ alignSelf: "start" }} disabled={value.length >= MOST_CALCULATED} onClick={() => set([...value, { name: "", unit: "", formula: "" }])}>
        {t("explore.calculate")}
      </Button>
    </Stack>
  );
}

function CalculatedField({ value, series, set, remove }: { value: Calculated; series: number; set: (calculated: Calculated) => void; remove: () => void }) {
  const { t } = useTexts();
  const wrong = useFormula(value.formula, series);
  return (
    <div className="calculated-line">
      <TextInput label={t("explore.formula")} placeholder="a - b" value={value.formula} onChange={({ currentTarget }) => set({ ...value, formula: currentTarget.value })} maxLength={500} required error={wrong} ref={refusing(wrong)} autoCapitalize="none" spellCheck={false} />
      <TextInput label={t("explore.formulaName")} placeholder={value.formula} value={value.name} onChange={({ currentTarget }) => set({ ...value, name: currentTarget.value })} maxLength={100} />
      <TextInput label={t("explore.formulaUnit")} value={value.unit} onChange={({ currentTarget }) => set({ ...value, unit: currentTarget.value })} maxLength={20} />
      <ActionIcon variant="default" size={36} aria-label={t("explore.remove", { name: shownName(value) })} onClick={remove}>
        ×
      </ActionIcon>
    </div>
  );
}
