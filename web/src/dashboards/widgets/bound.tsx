import type { ReactNode } from "react";
import type { Channel } from "../../api/client";
import { useTexts } from "../../i18n";
import { problemText } from "../../ui/words";
import { Frame, Nothing } from "../Frame";
import { type BoundDevice, useBoundDevice, useShown } from "../source";
import type { SeriesRef } from "../types";
import { deviceOf } from "../variables";

/** Shows a series once its device is known; else says why it cannot. */
export function Bound({ series, title, children }: { series: SeriesRef; title: string; children: (device: BoundDevice, channel: Channel) => ReactNode }) {
  const { t } = useTexts();
  const { values } = useShown();
  const key = deviceOf(series.device, values);
  const device = useBoundDevice(key);
  const channel = device.data?.channels.find((one) => one.key === series.channel);
  if (device.data !== undefined && channel !== undefined) return children(device.data, channel);
  return (
    <Frame title={title}>
      <Nothing>{device.error !== null && device.data === undefined ? problemText(device.error, t) : device.data === undefined ? t("common.loading") : t("boards.noChannel", { channel: series.channel, device: device.data.name })}</Nothing>
    </Frame>
  );
}
