import { ActionIcon, Button, NativeSelect, TextInput } from "@mantine/core";
import { useTexts } from "../i18n";
import { type At, ChannelField, DeviceField } from "./fields";
import type { Of } from "./types";

type Binding = Of<"schematic">["bindings"][number];
const MAX_BINDINGS = 100;
const SHOWS = ["text", "level", "visible"] as const;

/** Which element of a drawing, by its id, shows which series, and how. */
export function BindingFields({ value, set, ...at }: At & { value: readonly Binding[]; set: (bindings: Binding[]) => void }) {
  const { t } = useTexts();
  const change = (index: number, binding: Binding) => set(value.map((one, n) => (n === index ? binding : one)));
  return (
    <div>
      {value.map((one, index) => (
        <div key={index} className="binding-line">
          <TextInput label={t("boards.element")} value={one.element} onChange={(event) => change(index, { ...one, element: event.currentTarget.value })} required maxLength={100} pattern="[A-Za-z_][A-Za-z0-9_.:\-]*" />
          <DeviceField {...at} value={one.series.device} set={(device) => change(index, { ...one, series: { ...one.series, device } })} />
          <ChannelField device={one.series.device} value={one.series.channel} set={(channel) => change(index, { ...one, series: { ...one.series, channel } })} />
          <NativeSelect label={t("boards.shows")} value={one.shows} onChange={({ currentTarget }) => change(index, { ...one, shows: currentTarget.value as Binding["shows"] })} data={SHOWS.map((shows) => ({ value: shows, label: t(`boardShows.${shows}`) }))} />
          <ActionIcon variant="default" size={36} aria-label={t("boards.removeBinding", { name: one.element })} onClick={() => set(value.filter((_, n) => n !== index))}>
            ×
          </ActionIcon>
        </div>
      ))}
      <Button variant="default" size="compact-md" disabled={value.length >= MAX_BINDINGS} onClick={() => set([...value, { element: "", series: { device: value.at(-1)?.series.device ?? "", channel: "" }, shows: "text", low: 0, high: 100 }])}>
        {t("boards.addBinding")}
      </Button>
    </div>
  );
}
