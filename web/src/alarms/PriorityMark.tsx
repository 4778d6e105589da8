import type { Priority } from "./alarms";

/** A priority as a shape and a colour; the text stands beside it. Hollow once the alarm is acknowledged. */
const paths: Record<Priority, readonly [path: string, colour: string]> = {
  critical: ["M2 2h12v12H2z", "var(--critical)"],
  high: ["M8 1.5 15 14H1z", "var(--high)"],
  medium: ["M8 1 15 8 8 15 1 8z", "var(--medium)"],
  low: ["M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11z", "var(--quiet)"],
};

export function PriorityMark({ priority, isHollow = false }: { priority: Priority; isHollow?: boolean }) {
  const [path, colour] = paths[priority];
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" style={{ flex: "none", verticalAlign: "-3px" }}>
      <path d={path} fill={isHollow ? "none" : colour} stroke={colour} strokeWidth="1.8" strokeLinejoin="round" />
    </svg>
  );
}
