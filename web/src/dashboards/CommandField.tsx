import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import type { Command } from "../commands/profile";
import { useTexts } from "../i18n";
import { type At, DeviceField } from "./fields";
import { useShown } from "./source";
import { deviceOf } from "./variables";

/** A device and one of the commands of its profile. */
export function CommandField({ device, command, set, ...at }: At & { device: string; command: string; set: (device: string, command: string) => void }) {
  const { t, own } = useTexts();
  const { values } = useShown();
  const key = deviceOf(device, values);
  const commands = useQuery({
    queryKey: ["dashboards", "commands-of", key],
    queryFn: async () => {
      const { profile } = await take(api.GET("/api/v1/devices/{key}", { params: { path: { key } } }));
      return (await take(api.GET("/api/v1/profiles/{name}", { params: { path: { name: profile } } }))).commands as unknown as Command[];
    },
    enabled: key !== "",
    retry: false,
  });
  const known = commands.data ?? [];
  return (
    <>
      <DeviceField {...at} value={device} set={(chosen) => set(chosen, command)} />
      <NativeSelect
        label={t("boards.command")}
        value={known.some((one) => one.key === command) ? command : ""}
        onChange={({ currentTarget }) => set(device, currentTarget.value)}
        required
        data={[{ value: "", label: t(commands.data === undefined ? "boards.deviceFirst" : known.length === 0 ? "boards.noCommands" : "boards.chooseCommand") }, ...known.map((one) => ({ value: one.key, label: own(one.name) }))]}
      />
    </>
  );
}
