import { NativeSelect, TextInput } from "@mantine/core";
import { useTexts } from "../i18n";
import { DecimalInput } from "../ui/DecimalInput";
import type { Guess } from "./estimate";

/** Asks how a cycle of which too much is missing is to be billed, and why. */
export function EstimateFields({ guess, change }: { guess: Guess; change: (guess: Guess) => void }) {
  const { t } = useTexts();
  return (
    <div className="bill-three">
      <NativeSelect
        label={t("estimate.method")}
        value={guess.method ?? "mean"}
        onChange={(event) => change({ ...guess, method: event.currentTarget.value as "mean" | "stated" })}
        data={(["mean", "stated"] as const).map((value) => ({ value, label: t(`estimateMethod.${value}`) }))}
      />
      {guess.method === "stated" && <DecimalInput label={t("estimate.consumption")} value={guess.consumption} onChange={(consumption) => change({ ...guess, consumption })} required />}
      <TextInput label={t("estimate.reason")} value={guess.reason} onChange={(event) => change({ ...guess, reason: event.currentTarget.value })} maxLength={200} required />
    </div>
  );
}
