/** Whether the page is being printed: from `beforeprint` to `afterprint`, as the browser tells. What is drawn then goes on paper. */

import { useHotkeys } from "@mantine/hooks";
import { useSyncExternalStore } from "react";

const CSS_PX_PER_MM = 96 / 25.4;
const MARGINS_MM = 20;
/** Of A4; other sizes are near enough, and what is drawn for one is scaled to fit the other. */
const WIDTHS_PX = { portrait: (210 - MARGINS_MM) * CSS_PX_PER_MM, landscape: (297 - MARGINS_MM) * CSS_PX_PER_MM };

let printedAt: number | null = null;

function subscribe(tell: () => void): () => void {
  const begin = () => {
    printedAt = Date.now();
    tell();
  };
  const end = () => {
    printedAt = null;
    tell();
  };
  addEventListener("beforeprint", begin);
  addEventListener("afterprint", end);
  return () => {
    removeEventListener("beforeprint", begin);
    removeEventListener("afterprint", end);
  };
}

/** Since when the page is being printed; null while it is only looked at. */
export function usePrintedAt(): number | null {
  return useSyncExternalStore(subscribe, () => printedAt);
}

/** Ctrl-P first asks for what is to be printed. By its menu a browser prints at once what is there. */
export function useAskedBeforePrinting(ask: () => Promise<void>): void {
  useHotkeys([["mod+P", () => void ask().then(() => print())]], []); // also while something is typed
}

/** How wide a place of the page, which has that width on the screen, becomes on paper. Dashboards lie across. */
export function widthOnPaper(width: number, page: number, isAcross: boolean): number {
  return Math.round((width / Math.max(1, page)) * WIDTHS_PX[isAcross ? "landscape" : "portrait"]);
}
