import { createTheme, type MantineColorsTuple } from "@mantine/core";

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
