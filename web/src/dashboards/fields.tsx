import { ActionIcon, Button, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { api, take } from "../api/client";
import { letterOf } from "../chart/formulas";
import { useTexts } from "../i18n";
import { sitesQuery } from "../sites/queries";
import { useBoundDevice, useShown } from "./source";
import type { SeriesRef, Variable } from "./types";
import { deviceOf } from "./variables";

const OFFERED = 50;
const MAX_SERIES = 24;
const TYPING_MS = 250;

export interface At {
  /** Where the dashboard belongs. */
  site: number;
  variables: readonly Variable[];
}

/** A device by its key, offered by key or name as one types; or a variable. */
export function DeviceField({ site, variables, value, set, label, required = true }: At & { value: string; set: (device: string) => void; label?: string; required?: boolean }) {
  const { t } = useTexts();
  const id = useId();
  const [search] = useDebouncedValue(value, TYPING_MS);
  const found = useQuery({
    queryKey: ["dashboards", "offered", site, search],
    queryFn: () => take(api.GET("/api/v1/devices", { params: { query: { site, limit: OFFERED, ...(search === "" || search.startsWith("$") ? {} : { q: search }) } } })),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <TextInput label={label ?? t("boards.device")} value={value} onChange={(event) => set(event.currentTarget.value.trim())} list={id} required={required} maxLength={64} autoComplete="off" />
      <datalist id={id}>
        {variables.filter(({ kind }) => kind === "device").map(({ key, name }) => (
          <option key={key} value={`$${key}`}>
            {name}
          </option>
        ))}
        {found.data?.items.map(({ key, name }) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </datalist>
    </>
  );
}

/** A channel of a device. */
export function ChannelField({ device, value, set }: { device: string; value: string; set: (channel: string) => void }) {
  const { t, own } = useTexts();
  const { values } = useShown();
  const found = useBoundDevice(deviceOf(device, values));
  const channels = found.data?.channels ?? [];
  const isKnown = value === "" || channels.some(({ key }) => key === value);
  return (
    <NativeSelect
      label={t("boards.channel")}
      value={value}
      onChange={({ currentTarget }) => set(currentTarget.value)}
      required
      data={[{ value: "", label: t(found.data === undefined ? "boards.deviceFirst" : "boards.chooseChannel") }, ...(isKnown ? [] : [{ value, label: value }]), ...channels.map(({ key, name, unit }) => ({ value: key, label: `${own(name)}${unit === "" ? "" : ` (${unit})`}` }))]}
    />
  );
}

/** letter: by which formulas name it. */
export function SeriesField({ value, set, remove, letter, ...at }: At & { value: SeriesRef; set: (series: SeriesRef) => void; remove?: () => void; letter?: string }) {
  const { t } = useTexts();
  return (
    <div className={letter === undefined ? "series-line" : "series-line lettered"}>
      {letter !== undefined && <span className="quiet series-letter">{letter}</span>}
      <DeviceField {...at} value={value.device} set={(device) => set({ ...value, device })} />
      <ChannelField device={value.device} value={value.channel} set={(channel) => set({ ...value, channel })} />
      {remove !== undefined && (
        <ActionIcon variant="default" size={36} aria-label={t("boards.removeSeries", { name: `${value.device} ${value.channel}` })} onClick={remove}>
          ×
        </ActionIcon>
      )}
    </div>
  );
}

interface SeriesFieldsProps extends At {
  value: readonly SeriesRef[];
  set: (series: SeriesRef[]) => void;
  /** Where taking one out changes more than the list. */
  remove?: (place: number) => void;
  /** With the letters by which formulas name them. */
  lettered?: boolean;
}

export function SeriesFields({ value, set, remove = (place) => set(value.filter((_, n) => n !== place)), lettered = false, ...at }: SeriesFieldsProps) {
  const { t } = useTexts();
  const last = value.at(-1);
  return (
    <Stack gap="xs">
      {value.map((one, index) => (
        <SeriesField key={index} {...at} value={one} set={(series) => set(value.map((other, n) => (n === index ? series : other)))} {...(value.length > 1 ? { remove: () => remove(index) } : {})} {...(lettered ? { letter: letterOf(index) } : {})} />
      ))}
      <Button variant="default" size="compact-md" style={{ alignSelf: "start" }} disabled={value.length >= MAX_SERIES} onClick={() => set([...value, { device: last?.device ?? "", channel: "" }])}>
        {t("boards.addSeries")}
      </Button>
    </Stack>
  );
}

/** A site at or below the dashboard's; null for the dashboard's own. */
export function SiteField({ site, variables, value, set }: At & { value: number | string | null; set: (site: number | string | null) => void }) {
  const { t } = useTexts();
  const sites = useQuery(sitesQuery);
  const offered = [
    { value: "", label: t("boards.ownSite") },
    ...variables.filter(({ kind }) => kind === "site").map(({ key, name }) => ({ value: `$${key}`, label: name === "" ? `$${key}` : name })),
    ...(sites.data?.items ?? []).filter(({ id }) => id !== site).map(({ id, path }) => ({ value: String(id), label: path.join(" › ") })),
  ];
  return (
    <NativeSelect
      label={t("boards.site")}
      value={value === null ? "" : String(value)}
      onChange={({ currentTarget: { value: chosen } }) => set(chosen === "" ? null : chosen.startsWith("$") ? chosen : Number(chosen))}
      data={offered}
    />
  );
}
