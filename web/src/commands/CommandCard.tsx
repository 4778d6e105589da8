import { Button, Group, Modal, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { memo, useState } from "react";
import { api, type Device, take } from "../api/client";
import { formatValue } from "../format";
import { useTexts } from "../i18n";
import { useReading } from "../live/hooks";
import { Refusal, submitting } from "../ui/Saving";
import { CommandState } from "./CommandState";
import { ParameterField } from "./ParameterField";
import { type Command, type DeviceCommand, parametersOf, Teller, type Values } from "./profile";

interface Props {
  device: Device;
  command: Command;
  newest: DeviceCommand | undefined;
  mayOperate: boolean;
  isOffline: boolean;
}

/** One thing that the device can be told: what it is now, what it was told last, and telling it. */
export const CommandCard = memo(function CommandCard({ device, command, newest, mayOperate, isOffline }: Props) {
  const { t, own } = useTexts();
  return (
    <section className="command" aria-label={own(command.name)}>
      <Title order={3} size="h6" mb={4}>
        {own(command.name)}
      </Title>
      <Stack gap="xs">
        {command.verify !== null && <Current device={device} channel={command.verify.channel} />}
        {newest === undefined ? (
          <Text size="sm" className="quiet">
            {t("commands.never")}
          </Text>
        ) : (
          <CommandState device={device} command={newest} mayOperate={mayOperate} isOffline={isOffline} />
        )}
        {mayOperate && <Ask device={device} command={command} isOffline={isOffline} />}
      </Stack>
    </section>
  );
});

function Current({ device, channel: key }: { device: Device; channel: string }) {
  const { t, own, language } = useTexts();
  const channel = device.channels.find((one) => one.key === key);
  const reading = useReading(channel?.series ?? -1);
  if (channel === undefined || reading === undefined) return null;
  return <Text size="sm">{t("commands.current", { name: own(channel.name), value: `${formatValue(reading.value, channel, language, own)} ${channel.unit}`.trim() })}</Text>;
}

function Ask({ device, command, isOffline }: { device: Device; command: Command; isOffline: boolean }) {
  const { t, own } = useTexts();
  const queries = useQueryClient();
  const [values, setValues] = useState<Values>({});
  const [asks, setAsks] = useState(false);
  const [teller] = useState(() => new Teller());
  const parameters = parametersOf(command, values);
  const send = useMutation({
    mutationFn: (key: string) =>
      take(
        api.POST("/api/v1/devices/{key}/commands", {
          params: { path: { key: device.key }, header: { "idempotency-key": key } },
          body: { command: command.key, parameters, offline: "wait", needs_approval: false },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ["commands", device.key] }),
  });
  const order = () => {
    setAsks(false);
    send.mutate(teller.keyOf(JSON.stringify(parameters)));
  };
  const needsCare = command.critical || command.two_people;
  return (
    <form onSubmit={submitting(() => (needsCare ? setAsks(true) : order()))}>
      <Stack gap="xs">
        {command.parameters.map((one) => (
          <ParameterField key={one.key} parameter={one} values={values} set={(value) => setValues({ ...values, [one.key]: value })} />
        ))}
        <Refusal error={send.error} />
        <Button type="submit" variant="default" loading={send.isPending} style={{ alignSelf: "start" }}>
          {own(command.name)}
        </Button>
      </Stack>
      <Modal opened={asks} onClose={() => setAsks(false)} title={t("commands.confirm")} centered closeButtonProps={{ "aria-label": t("common.cancel") }}>
        <Text mb="xs">{t("commands.ask", { command: own(command.name), device: device.name })}</Text>
        <ul className="plain-list">
          {command.parameters
            .filter(({ key }) => key in parameters)
            .map(({ key, name, unit }) => (
              <li key={key}>
                {own(name)}: <b>{String(parameters[key])}</b> {unit}
              </li>
            ))}
        </ul>
        {command.two_people && <Text size="sm">{t("commands.twoPeople")}</Text>}
        {isOffline && <Text size="sm">{t("commands.offline")}</Text>}
        <Group justify="end" mt="lg">
          <Button variant="default" onClick={() => setAsks(false)} data-autofocus>
            {t("common.back")}
          </Button>
          <Button color="red" onClick={order}>
            {own(command.name)}
          </Button>
        </Group>
      </Modal>
    </form>
  );
}
