import { type ReactNode, useDeferredValue } from "react";
import { isOnward } from "./going";

/** The page that somebody goes on to: drawn after the frame around it, in small steps between which a touch is answered. */
export function Onward({ children }: { children: ReactNode }) {
  const isDrawn = useDeferredValue(true, !isOnward());
  return isDrawn ? children : null;
}
