import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useConnection } from "../live/hooks";
import { Mark, type MarkKind } from "../ui/Mark";

interface Props {
  name: string;
  /** Not known yet while missing. Its place is kept, so that nothing jumps. */
  value: string | undefined;
  note?: string;
  mark?: MarkKind;
  to: string;
}

/** A number that leads to what it counts. */
export function Indicator({ name, value, note = "", mark, to }: Props) {
  const isLost = useConnection() === "lost";
  return (
    <Link to={to} className={`panel indicator ${isLost ? "stale" : ""}`}>
      <span className="indicator-name">{name}</span>
      <span className="indicator-value number">
        {mark !== undefined && <Mark kind={mark} />} {value ?? "…"}
      </span>
      <span className="indicator-note quiet">{note}</span>
    </Link>
  );
}

export function Indicators({ children }: { children: ReactNode }) {
  return <div className="indicators">{children}</div>;
}
