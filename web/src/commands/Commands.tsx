import { Paper, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, type Device, take } from "../api/client";
import { formatTime } from "../format";
import { useProfile } from "../devices/useProfile";
import { useTexts } from "../i18n";
import { live, usePresence } from "../live/hooks";
import { useRights } from "../session/session";
import { useFirst } from "../ui/useFirst";
import { CommandCard } from "./CommandCard";
import { type Command, isPending } from "./profile";

const REFRESH_MS = 15_000;
const REFRESH_PENDING_MS = 2_000;

/** What the device can be told to do, by its profile; nothing for a profile without commands. */
export function Commands({ device }: { device: Device }) {
  const { t, own, language } = useTexts();
  const queries = useQueryClient();
  const mayOperate = useRights().on("operate", device.site_id);
  const profile = useProfile(device.profile);
  const known = (profile.data?.commands ?? []) as unknown as Command[];
  const asked = useQuery({
    queryKey: ["commands", device.key],
    queryFn: () => take(api.GET("/api/v1/devices/{key}/commands", { params: { path: { key: device.key }, query: { limit: 30 } } })),
    enabled: known.length > 0,
    refetchInterval: ({ state }) => (state.data?.items.some(isPending) === true ? REFRESH_PENDING_MS : REFRESH_MS),
  });
  useEffect(() => live.onCommand(() => void queries.invalidateQueries({ queryKey: ["commands", device.key] })), [queries, device.key]);
  const isBack = usePresence(device.key) === "live"; // sooner told than the device is asked for again
  const isOffline = device.presence?.online === false && !isBack;
  const isDrawn = useFirst(known.length > 0);
  if (!isDrawn) return null;
  const items = asked.data?.items ?? [];
  const nameOf = (key: string) => own(known.find((one) => one.key === key)?.name ?? key);
  return (
    <Paper className="panel" p="md" mt="md" component="section" aria-label={t("commands.title")}>
      <Title order={2} size="h5" mb={4}>
        {t("commands.title")}
      </Title>
      {isOffline && mayOperate && (
        <Text size="sm" mb="sm">
          {t("commands.offline")}
        </Text>
      )}
      <div className="commands">
        {known.map((one) => (
          <CommandCard key={one.key} device={device} command={one} newest={items.find(({ command }) => command === one.key)} mayOperate={mayOperate} isOffline={isOffline} />
        ))}
      </div>
      {items.length > 0 && (
        <details className="earlier">
          <summary>{t("commands.earlier")}</summary>
          <ul className="plain-list">
            {items.map((one) => (
              <li key={one.id}>
                <span className="quiet number">{formatTime(one.requested_at, language, device.zone)}</span> · <b>{nameOf(one.command)}</b> {Object.entries(one.parameters).map(([name, value]) => `${name} ${String(value)}`).join(", ")} ·{" "}
                {t(`command.${one.state}`)} · {t("commands.by", { by: one.requested_by })}
              </li>
            ))}
          </ul>
        </details>
      )}
    </Paper>
  );
}
