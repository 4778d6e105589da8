import { useMantineColorScheme } from "@mantine/core";
import { type Language, useTexts } from "../i18n";
import css from "./Shell.module.css";

/** Language and theme. Plain selects: they are on every page, and come with its first bytes. */
export function Preferences() {
  const { t, language, setLanguage } = useTexts();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <div className={css.preferences}>
      <select aria-label={t("language.label")} value={language} onChange={(event) => setLanguage(event.currentTarget.value as Language)}>
        <option value="pt-BR">PT</option>
        <option value="en">EN</option>
      </select>
      <select aria-label={t("theme.label")} value={colorScheme} onChange={(event) => setColorScheme(event.currentTarget.value as "auto" | "light" | "dark")}>
        <option value="auto">{t("theme.auto")}</option>
        <option value="light">{t("theme.light")}</option>
        <option value="dark">{t("theme.dark")}</option>
      </select>
    </div>
  );
}
