import { type ReactNode, useDeferredValue } from "react";
import { isOnward } from "./onward";

/** What stands further down a page: drawn after what is above it, in small steps between which a touch is answered. */
export function Below({ children }: { children: ReactNode }) {
  const isDrawn = useDeferredValue(true, !isOnward());
  return isDrawn ? children : null;
}
