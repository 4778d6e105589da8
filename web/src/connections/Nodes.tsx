import { ActionIcon, Button, Group, NumberInput, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../api/client";
import { formatNumber } from "../format";
import { useTexts } from "../i18n";
import { useAge } from "../live/hooks";
import { Dialog } from "../ui/Dialog";
import { Loaded } from "../ui/Loaded";
import { Mark } from "../ui/Mark";
import { Refusal, Submit, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";
import { qualityText } from "../ui/words";
import type { Connection, ConnectionNode } from "./types";
import { nodesQuery } from "./useConnections";

const MARKS = { good: "ok", uncertain: "warn", bad: "bad", unknown: "quiet" } as const;

/** The nodes that a connection reads, and how each of them is. */
export function Nodes({ connection }: { connection: Connection }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [edited, edit] = useState<ConnectionNode | null>(null);
  const nodes = useQuery(nodesQuery(connection.id));
  const remove = useMutation({
    mutationFn: (node: number) => take(api.DELETE("/api/v1/connections/{connection_id}/nodes/{node_id}", { params: { path: { connection_id: connection.id, node_id: node } } })),
    onSuccess: () => {
      notifications.show({ message: t("nodes.removed") });
      return queries.invalidateQueries({ queryKey: ["connections"] });
    },
  });
  return (
    <Section title={t("nodes.title")}>
      <Refusal error={remove.error} />
      <Loaded query={nodes} height={120}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Text className="quiet">{t("nodes.empty")}</Text>
          ) : (
            <>
              <ul className="node-list">
                {items.map((one) => (
                  <NodeLine key={one.id} node={one} edit={() => edit(one)} remove={() => remove.mutate(one.id)} />
                ))}
              </ul>
              {next !== null && (
                <Text size="sm" className="quiet">
                  {t("nodes.first", { n: items.length })}
                </Text>
              )}
            </>
          )
        }
      </Loaded>
      {edited !== null && <EditNode connection={connection} node={edited} close={() => edit(null)} />}
    </Section>
  );
}

function NodeLine({ node, edit, remove }: { node: ConnectionNode; edit: () => void; remove: () => void }) {
  const { t, language } = useTexts();
  const age = useAge(node.value_at === null ? undefined : Date.parse(node.value_at));
  const name = shortName(node.node);
  return (
    <li className="node-line">
      <div style={{ minWidth: 0 }}>
        <b title={node.node}>{name}</b>
        <div className="quiet">
          <Link to="/devices/$key" params={{ key: node.device }} className="plain-link">
            {node.device}
          </Link>{" "}
          {node.channel}
        </div>
      </div>
      <div className="number node-value">
        {node.value === null ? "—" : formatNumber(node.value, null, language)}
        <div className="quiet">{age}</div>
      </div>
      <div className="node-state">
        <span style={{ display: "inline-flex", gap: 6, alignItems: "center" }}>
          <Mark kind={MARKS[node.state]} /> {node.quality === null ? t(node.fault === null ? "nodes.state.unknown" : "quality.bad") : qualityText(node.quality, t)}
        </span>
        {node.fault !== null && <div className="quiet">{node.fault}</div>}
      </div>
      <Group gap={4} wrap="nowrap">
        <ActionIcon variant="default" aria-label={t("nodes.edit", { name })} title={t("nodes.edit", { name })} onClick={edit}>
          ✎
        </ActionIcon>
        <ActionIcon variant="default" aria-label={t("nodes.remove", { name })} title={t("nodes.remove", { name })} onClick={remove}>
          ×
        </ActionIcon>
      </Group>
    </li>
  );
}

function EditNode({ connection, node, close }: { connection: Connection; node: ConnectionNode; close: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [sampling, setSampling] = useState<number | string>(node.sampling_ms ?? "");
  const [deadband, setDeadband] = useState<number | string>(node.deadband);
  const save = useMutation({
    mutationFn: () =>
      take(
        api.PATCH("/api/v1/connections/{connection_id}/nodes/{node_id}", {
          params: { path: { connection_id: connection.id, node_id: node.id } },
          body: { sampling_ms: sampling === "" ? null : Number(sampling), deadband: Number(deadband) },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["connections"] });
      close();
    },
  });
  return (
    <Dialog onClose={close} title={t("nodes.edit", { name: shortName(node.node) })}>
      <form onSubmit={submitting(save.mutate)}>
        <Stack gap="sm">
          <NumberInput label={t("nodes.sampling")} description={t("nodes.samplingHint")} value={sampling} onChange={setSampling} min={50} max={86_400_000} allowDecimal={false} data-autofocus />
          <NumberInput label={t("nodes.deadband")} description={t("nodes.deadbandHint")} value={deadband} onChange={setDeadband} min={0} required />
          <Group gap="sm" align="start">
            <Submit change={save}>{t("common.save")}</Submit>
            <Button variant="default" onClick={close}>
              {t("common.cancel")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

/** The last part of a node id, which mostly is the variable's name. */
export function shortName(node: string): string {
  const identifier = node.slice(node.lastIndexOf(";") + 1).replace(/^[isgb]=/, "");
  return identifier.split(/[./|]/).at(-1) ?? identifier;
}
