import { Alert, Button, Group, Stack, Switch, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTexts } from "../i18n";
import { Confirm } from "../ui/Confirm";
import { Refusal } from "../ui/Saving";
import type { ChannelCalls, OwnChannel } from "./channels";

/** The channels of a person or a team: on or off, tried, removed. */
export function ChannelList({ channels, calls, changed }: { channels: readonly OwnChannel[]; calls: ChannelCalls; changed: () => Promise<unknown> }) {
  const { t } = useTexts();
  const [doomed, doom] = useState<OwnChannel | null>(null);
  const remove = useMutation({ mutationFn: calls.remove, onSuccess: changed });
  return (
    <Stack gap={0}>
      {channels.map((one) => (
        <Channel key={one.id} channel={one} calls={calls} changed={changed} remove={() => doom(one)} />
      ))}
      <Refusal error={remove.error} />
      <Confirm
        opened={doomed !== null}
        question={t("notify.removeAsk", { name: doomed?.name ?? "" })}
        action={t("common.remove")}
        close={() => doom(null)}
        confirm={() => {
          if (doomed !== null) remove.mutate(doomed.id);
        }}
      />
    </Stack>
  );
}

function Channel({ channel, calls, changed, remove }: { channel: OwnChannel; calls: ChannelCalls; changed: () => Promise<unknown>; remove: () => void }) {
  const { t } = useTexts();
  const test = useMutation({ mutationFn: () => calls.test(channel.id), onSuccess: changed });
  const turn = useMutation({ mutationFn: (enabled: boolean) => calls.change(channel.id, { enabled }), onSuccess: changed });
  return (
    <div className="list-line" role="group" aria-label={channel.name}>
      <Group justify="space-between" gap="sm">
        <div style={{ minWidth: 0, flex: "1 1 14rem" }}>
          <Text fw={600}>{channel.name}</Text>
          <Text size="sm" className="quiet" style={{ overflowWrap: "anywhere" }}>
            {t(`channelKind.${channel.kind}`)}
            {channel.kind === "email" && channel.shown === "" ? ` · ${t("notify.ofAccount")}` : ` · ${channel.shown}`}
          </Text>
        </div>
        <Group gap="sm">
          <Switch label={t("notify.on")} checked={channel.enabled} disabled={turn.isPending} onChange={(event) => turn.mutate(event.currentTarget.checked)} />
          <Button size="compact-sm" variant="default" loading={test.isPending} aria-label={`${t("notify.test")} ${channel.name}`} onClick={() => test.mutate()}>
            {t("notify.test")}
          </Button>
          <Button size="compact-sm" variant="default" aria-label={`${t("common.remove")} ${channel.name}`} onClick={remove}>
            {t("common.remove")}
          </Button>
        </Group>
      </Group>
      <Refusal error={turn.error ?? test.error} />
      {test.data !== undefined && (
        <Alert color={test.data.sent ? "green" : "red"} variant="light" mt="xs" role="status">
          {test.data.sent ? t("notify.tested") : t("notify.notTested", { detail: test.data.detail })}
        </Alert>
      )}
    </div>
  );
}
