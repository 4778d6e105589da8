import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

/** Water, muted: the only colour that is not a state. */
const calha: MantineColorsTuple = [
  "#eaf6f7", "#d6ebed", "#abd6da", "#7dc0c7", "#58adb6", "#3f9aa4", "#2b808a", "#1f6f78", "#155a62", "#08444b",
];

export const theme = createTheme({
  colors: { calha },
  primaryColor: "calha",
  primaryShade: { light: 7, dark: 7 },
  autoContrast: true,
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'DejaVu Sans Mono', Menlo, monospace",
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
});

/** Mantine's own greys and reds are too pale to be read by everybody. */
const readable = {
  "--mantine-color-dimmed": "var(--quiet)",
  "--mantine-color-placeholder": "var(--quiet)",
  "--mantine-color-error": "var(--bad)",
  "--mantine-color-red-light-color": "var(--bad)",
  "--mantine-color-red-filled": "#b3261e",
  "--mantine-color-red-filled-hover": "#931f18",
  "--mantine-color-red-text": "var(--bad)",
};

export const variables: CSSVariablesResolver = () => ({ variables: {}, light: readable, dark: readable });
