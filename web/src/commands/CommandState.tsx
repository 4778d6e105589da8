import { Button, Group, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type Device, take } from "../api/client";
import { formatTime, formatValue } from "../format";
import { useTexts } from "../i18n";
import { useMe } from "../session/session";
import { Mark, type MarkKind } from "../ui/Mark";
import { Refusal } from "../ui/Saving";
import { canBeCancelled, type DeviceCommand } from "./profile";

const MARKS: Partial<Record<DeviceCommand["state"], MarkKind>> = { executed: "ok", verified: "ok", rejected: "bad", timed_out: "warn", expired: "warn" };

/** How far the newest command has come, and what can still be done about it. */
export function CommandState({ device, command, mayOperate, isOffline }: { device: Device; command: DeviceCommand; mayOperate: boolean; isOffline: boolean }) {
  const { t, language } = useTexts();
  const me = useMe();
  const queries = useQueryClient();
  const path = { key: device.key, command_id: command.id };
  const refresh = () => queries.invalidateQueries({ queryKey: ["commands", device.key] });
  const cancel = useMutation({ mutationFn: () => take(api.POST("/api/v1/devices/{key}/commands/{command_id}/cancel", { params: { path } })), onSettled: refresh });
  const approve = useMutation({ mutationFn: () => take(api.POST("/api/v1/devices/{key}/commands/{command_id}/approve", { params: { path } })), onSettled: refresh });
  const step = command.history.at(-1);
  const hasFailed = command.verification?.state === "failed";
  const waits = isOffline && (command.state === "queued" || command.state === "sent");
  return (
    <div role="status">
      <Text size="sm" style={{ display: "flex", gap: 8, alignItems: "center" }}>
        <Mark kind={hasFailed ? "bad" : (MARKS[command.state] ?? "quiet")} />
        <b>{t(`command.${command.state}`)}</b>
        {step !== undefined && <span className="quiet number">{formatTime(step.at, language, device.zone)}</span>}
      </Text>
      <Text size="xs" className="quiet">
        {t("commands.by", { by: command.requested_by })}
        {command.approved_by !== null && ` · ${t("commands.approvedBy", { by: command.approved_by })}`}
        {step !== undefined && step.note !== "" && ` · ${step.note}`}
      </Text>
      <Target device={device} command={command} />
      {waits && <Text size="sm">{t("commands.waits", { time: formatTime(command.expires_at, language, device.zone) })}</Text>}
      <Refusal error={cancel.error ?? approve.error} />
      {mayOperate && (
        <Group gap="xs" mt={6}>
          {command.state === "awaiting_approval" && command.requested_by !== me.name && (
            <Button size="compact-sm" loading={approve.isPending} onClick={() => approve.mutate()}>
              {t("commands.approve")}
            </Button>
          )}
          {canBeCancelled(command) && (
            <Button size="compact-sm" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
              {t("commands.cancel")}
            </Button>
          )}
        </Group>
      )}
    </div>
  );
}

/** What a channel is to show, and whether it does. */
function Target({ device, command }: { device: Device; command: DeviceCommand }) {
  const { t, own, language } = useTexts();
  const { verification } = command;
  const channel = device.channels.find(({ key }) => key === verification?.channel);
  if (verification === null || channel === undefined) return null;
  const value = `${formatValue(verification.expected, channel, language, own)} ${channel.unit}`.trim();
  return (
    <Text size="sm">
      {t("commands.target", { name: own(channel.name), value })}
      {verification.state !== null && ` · ${t(`readBack.${verification.state}`)}`}
    </Text>
  );
}
