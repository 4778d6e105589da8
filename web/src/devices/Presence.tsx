import { Text } from "@mantine/core";
import type { Device } from "../api/client";
import type { Presence } from "../format";
import { useTexts } from "../i18n";
import { useAge, useConnection, useIsKnown, useNewest, usePresence } from "../live/hooks";
import { Mark } from "../ui/Mark";

const marks = { live: "ok", late: "warn", silent: "bad", never: "quiet" } as const;

/** Whether a device still speaks, and when it last did. */
export function PresenceOf({ device }: { device: string }) {
  const newest = useNewest(device);
  const age = useAge(newest);
  const state = usePresence(device);
  const isKnown = useIsKnown(device);
  const isLost = useConnection() === "lost";
  return <PresenceShown state={state} age={newest === undefined ? undefined : age} isKnown={isKnown} isLost={isLost} />;
}

interface Shown {
  state: Presence;
  /** Of its newest reading, in words; undefined where there is none. */
  age: string | undefined;
  isKnown: boolean;
  isLost: boolean;
}

export function PresenceShown({ state, age, isKnown, isLost }: Shown) {
  const { t } = useTexts();
  const isTold = isKnown && !isLost;
  return (
    <div className="presence">
      <div className="presence-state">
        <Mark kind={isTold ? marks[state] : "quiet"} /> {isTold ? t(`state.${state}`) : isLost ? t("state.unknown") : "…"}
      </div>
      {age !== undefined && <div className="quiet number">{age}</div>}
    </div>
  );
}

/** On whose account a device is silent, where that is not its own. */
export function SilenceNote({ device }: { device: Device }) {
  const { t } = useTexts();
  const isBack = usePresence(device.key) === "live"; // sooner told than the device is asked for again
  const cause = device.presence?.cause ?? null;
  if (cause === null || cause === "device" || isBack) return null;
  return (
    <Text size="sm" mb="md" role="status" style={{ display: "flex", gap: 8, alignItems: "center" }}>
      <Mark kind="warn" /> {t(`silence.${cause}`, { gateway: device.gateway ?? "" })}
    </Text>
  );
}
