import { Button, Menu, Modal, Paper, Skeleton, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { api, type Channel, type Device, Problem, take } from "../api/client";
import { History } from "../chart/History";
import { spanOf } from "../chart/range";
import { useTexts } from "../i18n";
import { live, useNewest, useWatch } from "../live/hooks";
import { ErrorNote, PageTitle } from "../shell/Pages";
import { Confirm } from "../ui/Confirm";
import { ChannelForm } from "./ChannelForm";
import { DeviceForm } from "./DeviceForm";
import { PresenceOf } from "./Presence";
import { SendExamples } from "./FirstReading";
import { Tile } from "./Tile";

export function DevicePage() {
  const { key } = useParams({ from: "/devices/$key" });
  const device = useQuery({
    queryKey: ["device", key],
    queryFn: () => take(api.GET("/api/v1/devices/{key}", { params: { path: { key } } })),
    refetchInterval: 15_000,
  });
  useWatch([key]);
  const { data, error, refetch } = device;
  const isGone = error instanceof Problem && error.status === 404;
  if (data !== undefined && !isGone) return <DeviceView device={data} />;
  return error === null ? <Skeleton height={400} /> : <ErrorNote error={error} retry={() => void refetch()} />;
}

function DeviceView({ device }: { device: Device }) {
  const { t } = useTexts();
  const search = useSearch({ from: "/devices/$key" });
  const navigate = useNavigate({ from: "/devices/$key" });
  const [edits, { open, close }] = useDisclosure();
  const [asks, ask] = useDisclosure();
  const [channel, setChannel] = useState<Channel | null>(null);
  const hasReadings = useNewest(device.key) !== undefined;
  const stored = useQuery({
    queryKey: ["latest", device.key],
    queryFn: () => take(api.GET("/api/v1/latest", { params: { query: { device: device.key, limit: 1 } } })),
    enabled: !hasReadings,
  });
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/devices/{key}", { params: { path: { key: device.key } } })),
    onSuccess: async () => {
      notifications.show({ message: t("device.deleted", { key: device.key }) });
      await navigate({ to: "/" });
      await queries.invalidateQueries();
    },
  });
  const fixed = search.from !== undefined && search.to !== undefined;
  const preset = fixed ? undefined : (search.range ?? "1h");
  const span = useMemo(
    () => (search.from !== undefined && search.to !== undefined ? { from: search.from, to: search.to, live: false } : spanOf(preset ?? "1h", live.now)),
    [search.from, search.to, preset],
  );
  const table = search.table === true ? { table: true } : {};
  const shown = search.from !== undefined && search.to !== undefined ? { from: search.from, to: search.to } : { range: preset ?? "1h" };
  return (
    <>
      <PageTitle title={device.name}>
        <PresenceOf device={device.key} />
        <Button component={Link} to={`/devices/${device.key}/data`} variant="default">
          {t("device.whereIsMyData")}
        </Button>
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default">{t("common.edit")} ▾</Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={open}>{t("common.edit")}</Menu.Item>
            {device.channels.map((one) => (
              <ChannelItem key={one.series} channel={one} choose={setChannel} />
            ))}
            <Menu.Divider />
            <Menu.Item color="red" onClick={ask.open}>
              {t("common.delete")}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </PageTitle>
      <Text size="sm" className="quiet" mb="md">
        {device.site_path.join(" › ")} · {device.key} · {device.profile}
        {device.serial !== null && ` · ${device.serial}`}
      </Text>
      {!hasReadings && stored.data?.items.length === 0 && <SendExamples device={device} />}
      <div className="tiles" style={{ margin: "14px 0 20px" }}>
        {device.channels.map((one) => (
          <Tile key={one.series} device={device.key} channel={one} />
        ))}
      </div>
      {device.channels.length > 0 && (
        <Paper className="panel" p="md">
          <History
            device={device}
            span={span}
            preset={preset}
            table={search.table === true}
            choosePreset={(range) => void navigate({ search: { range, ...table } })}
            chooseSpan={(from, to) => void navigate({ search: { from: Math.round(from), to: Math.round(to), ...table } })}
            chooseTable={(wanted) => void navigate({ search: { ...shown, ...(wanted ? { table: true } : {}) }, replace: true })}
          />
        </Paper>
      )}
      <Modal opened={edits} onClose={close} title={device.name} closeButtonProps={{ "aria-label": t("common.cancel") }}>
        <DeviceForm device={device} done={close} />
      </Modal>
      {channel !== null && <ChannelForm device={device.key} channel={channel} close={() => setChannel(null)} />}
      <Confirm opened={asks} question={t("device.deleteAsk", { key: device.key })} action={t("common.delete")} close={ask.close} confirm={() => remove.mutate()} />
    </>
  );
}

function ChannelItem({ channel, choose }: { channel: Channel; choose: (channel: Channel) => void }) {
  const { t, own } = useTexts();
  return <Menu.Item onClick={() => choose(channel)}>{t("channel.edit", { name: own(channel.name) })}</Menu.Item>;
}
