import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Device } from "../api/client";
import { formatNumber, formatTime } from "../format";
import { useTexts } from "../i18n";
import { Confirm } from "../ui/Confirm";
import { Loaded } from "../ui/Loaded";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";
import { FlumeForm } from "./FlumeForm";
import { type Flume, useDeleteFlume, useFlumes } from "./useFlumes";

/** The Parshall flumes of a device: which channel's flow is made of which level. */
export function Flumes({ device, mayConfigure }: { device: Device; mayConfigure: boolean }) {
  const { t } = useTexts();
  const flumes = useFlumes(device.key);
  const [isAdding, add] = useState(false);
  const [doomed, doom] = useState<Flume | null>(null);
  const remove = useDeleteFlume(device.key);
  return (
    <Section title={t("flume.title")} text={t("flume.text")}>
      <Loaded query={flumes} height={60}>
        {(found) =>
          found.length === 0 ? (
            <Text className="quiet">{t("flume.none")}</Text>
          ) : (
            <Stack component="ul" gap="xs" style={{ listStyle: "none", margin: 0, padding: 0 }}>
              {found.map((flume) => (
                <FlumeLine key={flume.id} flume={flume} zone={device.zone} remove={mayConfigure ? () => doom(flume) : null} />
              ))}
            </Stack>
          )
        }
      </Loaded>
      <Refusal error={remove.error} />
      {mayConfigure && (
        <Button mt="sm" variant="default" onClick={() => add(true)}>
          {t("flume.add")}
        </Button>
      )}
      {isAdding && <FlumeForm device={device} known={flumes.data ?? []} close={() => add(false)} />}
      <Confirm
        opened={doomed !== null}
        question={t("flume.deleteAsk", { channel: doomed?.channel ?? "" })}
        action={t("common.delete")}
        close={() => doom(null)}
        confirm={() => {
          if (doomed !== null) remove.mutate(doomed);
        }}
      />
    </Section>
  );
}

function FlumeLine({ flume, zone, remove }: { flume: Flume; zone: string; remove: (() => void) | null }) {
  const { t, language } = useTexts();
  const [low = 0, high = 0] = flume.usual_l_s;
  const number = (value: number) => value.toLocaleString(language, { maximumFractionDigits: 4 });
  return (
    <Group component="li" justify="space-between" gap="xs" style={{ overflowWrap: "anywhere" }}>
      <div style={{ minWidth: 0, flex: "1 1 16rem" }}>
        <Text fw={600}>{t("flume.line", { channel: flume.channel, level: flume.level_channel, throat: flume.throat })}</Text>
        <Text size="sm" className="quiet">
          Q = {number(flume.k)} · Ha<sup>{number(flume.n)}</sup> ({t(flume.is_own_calibration ? "flume.ownCalibration" : "flume.standard")}) · {t("flume.usual", { low: formatNumber(low, 1, language), high: formatNumber(high, 0, language) })}
        </Text>
        <Text size="sm" className="quiet">
          {flume.valid_from === null ? t("flume.always") : t("flume.since", { time: formatTime(flume.valid_from, language, zone) })}
          {flume.zero_m !== 0 && ` · ${t("flume.zeroIs", { m: number(flume.zero_m) })}`}
          {flume.cut_off_m !== 0 && ` · ${t("flume.cutOffIs", { m: number(flume.cut_off_m) })}`}
          {flume.behind_channel !== null && ` · ${t("flume.behindIs", { channel: flume.behind_channel })}`}
          {` · ${flume.author}`}
        </Text>
      </div>
      {remove !== null && (
        <Button size="xs" variant="default" onClick={remove} aria-label={t("flume.delete", { channel: flume.channel })}>
          {t("common.delete")}
        </Button>
      )}
    </Group>
  );
}
