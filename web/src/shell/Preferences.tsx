import { NativeSelect, useMantineColorScheme } from "@mantine/core";
import { type Language, useTexts } from "../i18n";

export function Preferences() {
  const { t, language, setLanguage } = useTexts();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <div style={{ display: "flex", gap: 6 }}>
      <NativeSelect
        size="xs"
        aria-label={t("language.label")}
        value={language}
        onChange={(event) => setLanguage(event.currentTarget.value as Language)}
        data={[
          { value: "pt-BR", label: "PT" },
          { value: "en", label: "EN" },
        ]}
      />
      <NativeSelect
        size="xs"
        aria-label={t("theme.label")}
        value={colorScheme}
        onChange={(event) => setColorScheme(event.currentTarget.value as "auto" | "light" | "dark")}
        data={[
          { value: "auto", label: t("theme.auto") },
          { value: "light", label: t("theme.light") },
          { value: "dark", label: t("theme.dark") },
        ]}
      />
    </div>
  );
}
