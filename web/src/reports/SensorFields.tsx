import { MultiSelect } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { channelChoices, deviceChoices } from "./definitions";

const SHOWN = 50;
const MAX_NAMED = 200; // that the server takes

interface Chosen {
  devices: string[];
  channels: string[];
}

/** Which devices and channels a report is about, found by name or key on the server; all when nothing is chosen. */
export function SensorFields({ site, chosen, change, asksDevices, asksChannels }: { site: number; chosen: Chosen; change: (part: Partial<Chosen>) => void; asksDevices: boolean; asksChannels: boolean }) {
  const { t, own: title } = useTexts();
  const [typed, type] = useState("");
  const [q] = useDebouncedValue(typed, 250);
  const found = useQuery({
    queryKey: ["devices", "of-report", site, q],
    queryFn: () => take(api.GET("/api/v1/devices", { params: { query: { limit: SHOWN, ...(site === 0 ? {} : { site }), ...(q === "" ? {} : { q }) } } })),
    placeholderData: keepPreviousData,
    enabled: asksDevices,
  });
  const own = useQuery({
    queryKey: ["devices", "chosen", ...chosen.devices],
    queryFn: () => Promise.all(chosen.devices.slice(0, SHOWN).map((key) => take(api.GET("/api/v1/devices/{key}", { params: { path: { key } } })))),
    enabled: asksChannels && chosen.devices.length > 0,
    placeholderData: keepPreviousData,
  });
  const devices = found.data?.items ?? [];
  return (
    <div className="two-columns">
      {asksDevices && (
        <MultiSelect
          label={t("reports.devices")}
          description={t("reports.allWhenEmpty")}
          data={deviceChoices(devices, chosen.devices)}
          value={chosen.devices}
          onChange={(keys) => change({ devices: keys })}
          searchable
          searchValue={typed}
          onSearchChange={type}
          filter={({ options }) => options}
          maxValues={MAX_NAMED}
          nothingFoundMessage={t("devices.noMatch")}
          hidePickedOptions
        />
      )}
      {asksChannels && (
        <MultiSelect
          label={t("reports.channels")}
          description={t("reports.allWhenEmpty")}
          data={channelChoices([...(own.data ?? []), ...devices], chosen.devices, chosen.channels, title)}
          value={chosen.channels}
          onChange={(keys) => change({ channels: keys })}
          searchable
          maxValues={MAX_NAMED}
          nothingFoundMessage={t("reports.noChannel")}
          hidePickedOptions
        />
      )}
    </div>
  );
}
