import { useEffect, useRef, useState } from "react";

const SMOOTHING = 0.3; // of each new look
const SHORTEST_LOOK_S = 0.5;

/** How quickly a number shrinks, per second; undefined until it was seen to. */
export function useRate(count: number): number | undefined {
  const last = useRef<{ count: number; at: number }>(undefined);
  const [rate, setRate] = useState<number>();
  useEffect(() => {
    const now = Date.now() / 1000;
    const before = last.current;
    if (before !== undefined && now - before.at < SHORTEST_LOOK_S) return;
    last.current = { count, at: now };
    if (before !== undefined) setRate((known) => smoothed(known, (before.count - count) / (now - before.at)));
  }, [count]);
  return rate;
}

/** How long until nothing is left; undefined while it does not shrink. */
export function secondsLeft(count: number, rate: number | undefined): number | undefined {
  return count > 0 && rate !== undefined && rate > 0 ? count / rate : undefined;
}

function smoothed(known: number | undefined, seen: number): number | undefined {
  if (seen <= 0) return undefined; // it has just been filled: what was known says nothing any more
  return known === undefined ? seen : known + SMOOTHING * (seen - known);
}
