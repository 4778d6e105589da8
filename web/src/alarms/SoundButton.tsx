import { Button } from "@mantine/core";
import { useTexts } from "../i18n";
import type { useSound } from "./useSound";

const WAVES = "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18.2 6.5a8 8 0 0 1 0 11";
const CROSSED = "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5";

/** Turns the sound of alarms on and off in this browser, and says how it stands. */
export function SoundButton({ sound }: { sound: ReturnType<typeof useSound> }) {
  const { t } = useTexts();
  const state = !sound.isOn ? "off" : sound.isBlocked ? "blocked" : "on";
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      color="gray"
      aria-pressed={sound.isOn}
      title={t(`soundHint.${state}`)}
      onClick={() => state !== "blocked" && sound.turn(!sound.isOn)} // any touch unblocks it
      leftSection={
        <svg width="18" height="18" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
          <path d={sound.isOn ? WAVES : CROSSED} />
        </svg>
      }
    >
      {t(`sound.${state}`)}
    </Button>
  );
}
