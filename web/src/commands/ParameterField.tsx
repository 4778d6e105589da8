import { Checkbox, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { formatNumber } from "../format";
import { useTexts } from "../i18n";
import type { Parameter, Values } from "./profile";

/** One parameter of a command, with the range that the device takes. */
export function ParameterField({ parameter, values, set }: { parameter: Parameter; values: Values; set: (value: string | number | boolean) => void }) {
  const { t, own, language } = useTexts();
  const { key, kind, unit, minimum, maximum, choices, optional } = parameter;
  const label = own(parameter.name);
  const value = values[key];
  const number = (bound: number) => formatNumber(bound, null, language);
  const range =
    minimum !== null && maximum !== null
      ? t("commands.range", { from: number(minimum), to: number(maximum), unit })
      : minimum !== null
        ? t("commands.from", { from: number(minimum), unit })
        : maximum !== null
          ? t("commands.upTo", { to: number(maximum), unit })
          : unit;
  const description = [range, optional ? t("commands.optional") : ""].filter((part) => part.trim() !== "").join(" · ");
  if (kind === "boolean") return <Checkbox label={label} checked={value === true} onChange={(event) => set(event.currentTarget.checked)} />;
  if (kind === "choice") {
    return <NativeSelect label={label} value={String(value ?? choices[0] ?? "")} onChange={(event) => set(event.currentTarget.value)} data={[...(optional ? [""] : []), ...choices]} />;
  }
  if (kind === "text") return <TextInput label={label} description={description} value={String(value ?? "")} onChange={(event) => set(event.currentTarget.value)} required={!optional} maxLength={1000} />;
  return (
    <NumberInput
      label={label}
      description={description}
      value={typeof value === "boolean" ? "" : (value ?? "")}
      onChange={set}
      required={!optional}
      {...(minimum === null ? {} : { min: minimum })}
      {...(maximum === null ? {} : { max: maximum })}
      allowDecimal={kind !== "integer"}
      clampBehavior="strict"
      suffix={unit === "" ? "" : ` ${unit}`}
    />
  );
}
