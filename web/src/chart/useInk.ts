import { useComputedColorScheme } from "@mantine/core";
import { useSyncExternalStore } from "react";

let isPrinting = false;

function subscribe(tell: () => void): () => void {
  const begin = () => {
    isPrinting = true;
    tell();
  };
  const end = () => {
    isPrinting = false;
    tell();
  };
  addEventListener("beforeprint", begin);
  addEventListener("afterprint", end);
  return () => {
    removeEventListener("beforeprint", begin);
    removeEventListener("afterprint", end);
  };
}

/** The theme in whose colours a chart is drawn: on paper the light one, whatever the screen's. */
export function useInk(): "light" | "dark" {
  const scheme = useComputedColorScheme("light");
  return useSyncExternalStore(subscribe, () => isPrinting) ? "light" : scheme;
}
