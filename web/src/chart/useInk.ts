import { useComputedColorScheme } from "@mantine/core";
import { usePrintedAt } from "../ui/printing";

/** The theme in whose colours a chart is drawn: on paper the light one, whatever the screen's. */
export function useInk(): "light" | "dark" {
  const scheme = useComputedColorScheme("light");
  return usePrintedAt() === null ? scheme : "light";
}
