import { useEffect, useSyncExternalStore } from "react";
import type { Alarm } from "./alarms";
import { AlarmSound } from "./sound";

const sound = new AlarmSound(localStorage);

/** The sound of alarms. waiting: those that nobody has acknowledged; undefined where that is not known, or told elsewhere. */
export function useSound(waiting?: readonly Alarm[]) {
  const state = useSyncExternalStore(sound.subscribe, () => sound.snapshot);
  useEffect(() => {
    if (waiting !== undefined) sound.follow(waiting);
  }, [waiting]);
  return { ...state, turn: (isOn: boolean) => sound.turn(isOn), silence: () => sound.silence() };
}
