import { TextInput, type TextInputProps } from "@mantine/core";
import { faultOf } from "./decimal";
import { useTexts } from "../i18n";
import { refusing } from "./refusing";

interface Props extends Omit<TextInputProps, "value" | "onChange" | "error" | "inputMode" | "type"> {
  value: string;
  onChange: (typed: string) => void;
}

/** A field for a number as people write it. What is no number, or may be one of two, is told at the field, and the form is not sent with it. */
export function DecimalInput({ value, onChange, ...others }: Props) {
  const { t, language } = useTexts();
  const fault = faultOf(value, language);
  const wrong = fault === null ? null : fault.kind === "unclear" ? t("decimal.unclear", fault) : t("decimal.none");
  return <TextInput {...others} inputMode="decimal" autoComplete="off" value={value} onChange={(event) => onChange(event.currentTarget.value)} error={wrong} ref={refusing(wrong)} />;
}
