import { Button, Group, Modal, Stack, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, type Channel, type Device, take } from "../api/client";
import { useTexts } from "../i18n";
import { ErrorNote } from "../shell/Pages";
import { Confirm } from "../ui/Confirm";
import { ChannelForm } from "./ChannelForm";
import { DeviceForm } from "./DeviceForm";

/** What can be changed about a device: its own data, each of its channels, and whether it is registered at all. */
export function EditDevice({ device, close }: { device: Device; close: () => void }) {
  const { t, own } = useTexts();
  const [channel, setChannel] = useState<Channel | null>(null);
  const [asks, ask] = useDisclosure();
  const remove = useRemove(device.key);
  return (
    <>
      <Modal opened={channel === null} keepMounted onClose={close} title={device.name} closeButtonProps={{ "aria-label": t("common.cancel") }}>
        <Stack gap="lg">
          <DeviceForm device={device} done={close} />
          {device.channels.length > 0 && (
            <div>
              <Title order={3} size="h6" mb="xs">
                {t("device.channels")}
              </Title>
              <Group gap="xs">
                {device.channels.map((one) => (
                  <Button key={one.series} size="compact-sm" variant="default" aria-label={t("channel.edit", { name: own(one.name) })} onClick={() => setChannel(one)}>
                    {own(one.name)}
                  </Button>
                ))}
              </Group>
            </div>
          )}
          {remove.isError && <ErrorNote error={remove.error} />}
          <Button variant="default" onClick={ask.open}>
            {t("device.delete")}
          </Button>
        </Stack>
      </Modal>
      {channel !== null && <ChannelForm device={device.key} channel={channel} close={() => setChannel(null)} />}
      <Confirm opened={asks} question={t("device.deleteAsk", { key: device.key })} action={t("common.delete")} close={ask.close} confirm={() => remove.mutate()} />
    </>
  );
}

function useRemove(key: string) {
  const { t } = useTexts();
  const navigate = useNavigate();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/devices/{key}", { params: { path: { key } } })),
    onSuccess: async () => {
      notifications.show({ message: t("device.deleted", { key }) });
      await navigate({ to: "/" });
      await queries.invalidateQueries();
    },
  });
}
