import { useDeferredValue } from "react";

/**
 * Whether what is ready may be drawn for the first time. What a query brings is drawn at once, in one step that no touch
 * interrupts; so what it brings first is drawn right after that step, in small ones.
 */
export function useFirst(isReady: boolean): boolean {
  return useDeferredValue(isReady) && isReady;
}
