import { Button, Group, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { letterOf, lettersIn, MOST_CALCULATED, placesIn } from "../chart/formulas";
import { useFormula } from "../chart/useFormula";
import { useTexts } from "../i18n";
import { refusing } from "../ui/refusing";
import { submitting } from "../ui/Saving";
import { type ExploreSearch, withCalculated } from "./address";
import type { Explored } from "./useExplored";

interface Props {
  chosen: readonly Explored[];
  search: ExploreSearch;
  change: (search: ExploreSearch) => void;
}

/** Adds a series that is calculated from the chosen ones by a formula. */
export function CalculatedForm({ chosen, search, change }: Props) {
  const { t } = useTexts();
  const [isOpen, setOpen] = useState(false);
  const [formula, setFormula] = useState("");
  const [name, setName] = useState("");
  const [unit, setUnit] = useState<string>();
  const wrong = useFormula(formula, chosen.length);
  const calculated = search.f ?? [];
  if (calculated.length >= MOST_CALCULATED) return null;
  if (!isOpen) {
    return (
      <Button size="compact-sm" variant="subtle" onClick={() => setOpen(true)}>
        {t("explore.calculate")}
      </Button>
    );
  }
  const units = new Set(placesIn(formula).map((place) => chosen[place]?.found?.unit ?? ""));
  const likely = units.size === 1 && !/[*/^<>=]/.test(formula) ? ([...units][0] ?? "") : "";
  const add = () => {
    change(withCalculated(search, [...calculated, { name: name.trim() === "" ? formula.trim() : name.trim(), unit: (unit ?? likely).trim(), formula: formula.trim() }]));
    setOpen(false);
    setFormula("");
    setName("");
    setUnit(undefined);
  };
  return (
    <form onSubmit={submitting(add)} className="calculated-form">
      <TextInput label={t("explore.formula")} placeholder="a - b" value={formula} onChange={({ currentTarget }) => setFormula(currentTarget.value)} maxLength={500} required error={wrong} ref={refusing(wrong)} data-autofocus autoCapitalize="none" spellCheck={false} />
      <TextInput label={t("explore.formulaName")} placeholder={formula} value={name} onChange={({ currentTarget }) => setName(currentTarget.value)} maxLength={60} />
      <TextInput label={t("explore.formulaUnit")} value={unit ?? likely} onChange={({ currentTarget }) => setUnit(currentTarget.value)} maxLength={20} />
      <Group gap="xs" className="calculated-act">
        <Button type="submit" size="xs" disabled={lettersIn(formula).length === 0}>
          {t("explore.addFormula")}
        </Button>
        <Button size="xs" variant="default" onClick={() => setOpen(false)}>
          {t("common.cancel")}
        </Button>
      </Group>
      <Text size="xs" className="quiet calculated-help">
        {t("explore.formulaHelp", { letters: chosen.map((_, place) => letterOf(place)).join(", ") })}
      </Text>
    </form>
  );
}
