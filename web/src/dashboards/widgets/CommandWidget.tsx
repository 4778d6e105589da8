import { useQuery } from "@tanstack/react-query";
import { api, take } from "../../api/client";
import { CommandCard } from "../../commands/CommandCard";
import { type Command, isPending } from "../../commands/profile";
import { useTexts } from "../../i18n";
import { usePresence } from "../../live/hooks";
import { useRights } from "../../session/session";
import { problemText } from "../../ui/words";
import { Frame, Nothing } from "../Frame";
import { useShown } from "../source";
import type { Of } from "../types";
import { deviceOf } from "../variables";

const REFRESH_MS = 15_000;
const REFRESH_PENDING_MS = 2_000;

/** A command of a device, asked for and confirmed as on the device's own page. */
export function CommandWidget({ widget }: { widget: Of<"command"> }) {
  const { t } = useTexts();
  const { source, values } = useShown();
  const key = deviceOf(widget.device, values);
  if (source.isPublic) {
    return (
      <Frame title={widget.title}>
        <Nothing>{t("boards.commandNotPublic")}</Nothing>
      </Frame>
    );
  }
  return <CommandOf widget={widget} device={key} />;
}

function CommandOf({ widget, device: key }: { widget: Of<"command">; device: string }) {
  const { t } = useTexts();
  const rights = useRights();
  const device = useQuery({ queryKey: ["dashboards", "whole-device", key], queryFn: () => take(api.GET("/api/v1/devices/{key}", { params: { path: { key } } })), enabled: key !== "" });
  const profileName = device.data?.profile ?? "";
  const profile = useQuery({ queryKey: ["profile", profileName], queryFn: () => take(api.GET("/api/v1/profiles/{name}", { params: { path: { name: profileName } } })), staleTime: 60_000, enabled: profileName !== "" });
  const asked = useQuery({
    queryKey: ["commands", key],
    queryFn: () => take(api.GET("/api/v1/devices/{key}/commands", { params: { path: { key }, query: { limit: 30 } } })),
    refetchInterval: ({ state }) => (state.data?.items.some(isPending) === true ? REFRESH_PENDING_MS : REFRESH_MS),
    enabled: key !== "",
  });
  const isBack = usePresence(key) === "live";
  const command = ((profile.data?.commands ?? []) as unknown as Command[]).find((one) => one.key === widget.command);
  const trouble = device.error ?? profile.error;
  return (
    <Frame title={widget.title === "" ? (device.data?.name ?? "") : widget.title}>
      {device.data === undefined || profile.data === undefined ? (
        <Nothing>{trouble === null ? t("common.loading") : problemText(trouble, t)}</Nothing>
      ) : command === undefined ? (
        <Nothing>{t("boards.noCommand", { command: widget.command, device: device.data.name })}</Nothing>
      ) : (
        <div className="widget-command">
          <CommandCard device={device.data} command={command} newest={asked.data?.items.find((one) => one.command === widget.command)} mayOperate={rights.on("operate", device.data.site_id)} isOffline={device.data.presence?.online === false && !isBack} />
        </div>
      )}
    </Frame>
  );
}
