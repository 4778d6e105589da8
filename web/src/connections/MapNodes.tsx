import { NativeSelect, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api, type Channel, type Device, Problem, take } from "../api/client";
import { useTexts } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { Submit, submitting } from "../ui/Saving";
import { likelyChannel, suggestedKey, suggestedKeys } from "./keys";
import type { AddressNode, Connection } from "./types";

const SUGGESTIONS = 20;
const ASK_AFTER_MS = 300;
const NEW = "";

/** What one node will feed: a channel that is there, or a new one. */
interface Wish {
  channel: string;
  key: string;
  name: string;
  unit: string;
  kind: Channel["kind"];
}

/** Which channel each of the chosen nodes feeds. */
export function MapNodes({ connection, nodes, close, done }: { connection: Connection; nodes: readonly AddressNode[]; close: () => void; done: () => void }) {
  const { t } = useTexts();
  const contents = useQuery({
    queryKey: ["connections", connection.id, "units", nodes.map(({ node }) => node)],
    queryFn: () => take(api.POST("/api/v1/connections/{connection_id}/read", { params: { path: { connection_id: connection.id } }, body: { nodes: nodes.map(({ node }) => node), units: true } })),
    staleTime: Infinity,
    retry: false,
  });
  const units = new Map(contents.data?.items.map(({ node, unit }) => [node, unit]));
  return (
    <Dialog onClose={close} size="xl" title={t("map.title")}>
      {contents.isPending ? <Skeleton height={200} /> : <MapForm connection={connection} nodes={nodes} units={units} done={done} />}
    </Dialog>
  );
}

function MapForm({ connection, nodes, units, done }: { connection: Connection; nodes: readonly AddressNode[]; units: ReadonlyMap<string, string>; done: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [device, setDevice] = useState(() => suggestedKey(connection.name));
  const [asked] = useDebouncedValue(device, ASK_AFTER_MS);
  const known = useDevice(asked);
  const [changed, change] = useState<Readonly<Record<string, Partial<Wish>>>>({});
  const suggested = suggestions(nodes, units, known.data ?? null);
  const wishes = nodes.map(({ node }, place) => ({ ...suggested[place], ...changed[node] }) as Wish);
  const save = useMutation({
    mutationFn: async () => {
      if (known.data === null) await create(device, connection.site_id);
      const body = { nodes: nodes.map(({ node }, place) => asNode(node, device, wishes[place])) };
      return take(api.POST("/api/v1/connections/{connection_id}/nodes", { params: { path: { connection_id: connection.id } }, body }));
    },
    onSuccess: async ({ added }) => {
      await queries.invalidateQueries({ queryKey: ["connections"] });
      await queries.invalidateQueries({ queryKey: ["devices"] });
      notifications.show({ message: t("map.saved", { n: added }) });
      done();
    },
  });
  return (
    <form onSubmit={submitting(save.mutate)}>
      <Stack gap="sm">
        <DeviceField value={device} onChange={setDevice} />
        {known.data === null && (
          <Text size="sm" className="quiet" role="status">
            {t("map.newDevice", { key: device })}
          </Text>
        )}
        <fieldset className="wishes">
          <legend>{t("map.nodes")}</legend>
          {nodes.map((node, place) => (
            <WishFields
              key={node.node}
              node={node}
              wish={wishes[place] as Wish}
              channels={known.data?.channels ?? []}
              onChange={(part) => change((before) => ({ ...before, [node.node]: { ...before[node.node], ...part } }))}
            />
          ))}
        </fieldset>
        <Submit change={save} disabled={known.isPending || asked !== device}>
          {t("map.save")}
        </Submit>
      </Stack>
    </form>
  );
}

function WishFields({ node, wish, channels, onChange }: { node: AddressNode; wish: Wish; channels: readonly Channel[]; onChange: (part: Partial<Wish>) => void }) {
  const { t, own } = useTexts();
  const { name } = node;
  return (
    <div className="wish">
      <NativeSelect
        label={name}
        aria-label={t("map.channel", { name })}
        value={wish.channel}
        onChange={(event) => onChange({ channel: event.currentTarget.value })}
        data={[{ value: NEW, label: t("map.new") }, ...channels.map((one) => ({ value: one.key, label: `${own(one.name)} (${one.key})` }))]}
      />
      {wish.channel === NEW && (
        <>
          <TextInput aria-label={t("map.key", { name })} value={wish.key} onChange={(event) => onChange({ key: event.currentTarget.value })} required maxLength={64} />
          <TextInput aria-label={t("map.name", { name })} value={wish.name} onChange={(event) => onChange({ name: event.currentTarget.value })} required maxLength={100} />
          <TextInput aria-label={t("map.unit", { name })} placeholder={t("channel.unit")} value={wish.unit} onChange={(event) => onChange({ unit: event.currentTarget.value })} maxLength={20} />
          <NativeSelect
            aria-label={t("map.kind", { name })}
            value={wish.kind}
            onChange={(event) => onChange({ kind: event.currentTarget.value as Channel["kind"] })}
            data={(["gauge", "counter", "state"] as const).map((value) => ({ value, label: t(`kind.${value}`) }))}
          />
        </>
      )}
    </div>
  );
}

function DeviceField({ value, onChange }: { value: string; onChange: (key: string) => void }) {
  const { t } = useTexts();
  const list = useId();
  const [asked] = useDebouncedValue(value, ASK_AFTER_MS);
  const found = useQuery({
    queryKey: ["devices", "suggested", asked],
    queryFn: () => take(api.GET("/api/v1/devices", { params: { query: { limit: SUGGESTIONS, ...(asked === "" ? {} : { q: asked }) } } })),
    placeholderData: (previous) => previous,
  });
  return (
    <>
      <TextInput
        label={t("map.device")}
        description={t("map.deviceHint")}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        list={list}
        required
        pattern="[A-Za-z0-9_.\-]{1,64}"
        maxLength={64}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        data-autofocus
      />
      <datalist id={list}>
        {(found.data?.items ?? []).map(({ key, name }) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </datalist>
    </>
  );
}

/** The device of that key; null if there is none. */
function useDevice(key: string) {
  return useQuery({
    queryKey: ["devices", "of-key", key],
    queryFn: async (): Promise<Device | null> => {
      try {
        return await take(api.GET("/api/v1/devices/{key}", { params: { path: { key } } }));
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }
    },
    enabled: key !== "",
    retry: false,
  });
}

function suggestions(nodes: readonly AddressNode[], units: ReadonlyMap<string, string>, device: Device | null): Wish[] {
  const channels = (device?.channels ?? []).map((one) => ({ key: one.key, names: typeof one.name === "string" ? [one.name] : Object.values(one.name) }));
  const keys = suggestedKeys(
    nodes.map(({ name }) => name),
    channels.map(({ key }) => key),
  );
  return nodes.map(({ node, name }, place) => ({
    channel: likelyChannel(name, channels)?.key ?? NEW,
    key: keys[place] ?? "",
    name,
    unit: units.get(node) ?? "",
    kind: "gauge",
  }));
}

async function create(key: string, site: number): Promise<void> {
  try {
    await take(api.POST("/api/v1/devices", { body: { key, name: "", profile: "generic", site_id: site, note: "" } as never }));
  } catch (error) {
    if (!(error instanceof Problem && error.status === 409)) throw error; // somebody else has made it meanwhile
  }
}

function asNode(node: string, device: string, wish: Wish | undefined) {
  if (wish === undefined) throw new Error(`nothing is known of ${node}`);
  const made = { name: wish.name, unit: wish.unit, kind: wish.kind };
  return { node, device, channel: wish.channel === NEW ? wish.key : wish.channel, deadband: 0, ...(wish.channel === NEW ? { new_channel: made } : {}) };
}
