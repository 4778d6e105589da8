import { TextInput } from "@mantine/core";
import { useTexts } from "../i18n";
import { focusFirst } from "../ui/focus";

/** A code of the second factor. `isNumeric`: only what the app shows, no recovery code. */
export function CodeField({ label, value, onChange, isNumeric = false }: { label: string; value: string; onChange: (code: string) => void; isNumeric?: boolean }) {
  const { t } = useTexts();
  return (
    <TextInput
      label={label}
      description={isNumeric ? undefined : t("signIn.codeHint")}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      required
      minLength={6}
      maxLength={20}
      inputMode={isNumeric ? "numeric" : "text"}
      autoComplete="one-time-code"
      autoCapitalize="none"
      spellCheck={false}
      ref={focusFirst}
    />
  );
}
