import { Button, Group, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { api, take } from "../api/client";
import { formatNumber } from "../format";
import { useTexts } from "../i18n";
import { ErrorNote } from "../shell/Pages";
import { Section } from "../ui/Section";
import { AddressTree } from "./AddressTree";
import { MapNodes } from "./MapNodes";
import { NodeRow, useContents } from "./NodeRow";
import type { AddressNode, Connection } from "./types";
import { nodesQuery } from "./useConnections";

const SHORTEST_SEARCH = 2;
const ASK_AFTER_MS = 400;

/** The server's variables, to be chosen from its tree or found by name, and then read. */
export function AddressSpace({ connection }: { connection: Connection }) {
  const { t } = useTexts();
  const [words, setWords] = useState("");
  const [asked] = useDebouncedValue(words.trim(), ASK_AFTER_MS);
  const [chosen, choose] = useState<ReadonlyMap<string, AddressNode>>(new Map());
  const [maps, setMaps] = useState(false);
  const nodes = useQuery(nodesQuery(connection.id));
  const read = useMemo(() => new Set(nodes.data?.items.map(({ node }) => node)), [nodes.data]);
  const toggle = useCallback((node: AddressNode) => choose((before) => toggled(before, node)), []);
  const selection = { chosen, read, toggle };
  return (
    <Section title={t("space.title")} text={t("space.hint")}>
      <Group gap="sm" mb="sm" align="end">
        <TextInput type="search" w={{ base: "100%", xs: 360 }} aria-label={t("space.search")} placeholder={t("space.search")} value={words} onChange={(event) => setWords(event.currentTarget.value)} />
        {chosen.size > 0 && (
          <>
            <Button onClick={() => setMaps(true)}>{chosen.size === 1 ? t("space.mapOne") : t("space.map", { n: chosen.size })}</Button>
            <Button variant="default" onClick={() => choose(new Map())}>
              {t("space.clear")}
            </Button>
          </>
        )}
      </Group>
      {asked.length >= SHORTEST_SEARCH ? <SearchResult connection={connection} words={asked} {...selection} /> : <AddressTree connection={connection} {...selection} />}
      {maps && (
        <MapNodes
          connection={connection}
          nodes={[...chosen.values()]}
          close={() => setMaps(false)}
          done={() => {
            setMaps(false);
            choose(new Map());
          }}
        />
      )}
    </Section>
  );
}

export interface Selection {
  chosen: ReadonlyMap<string, AddressNode>;
  /** Node ids that the connection reads already. */
  read: ReadonlySet<string>;
  toggle: (node: AddressNode) => void;
}

function SearchResult({ connection, words, chosen, read, toggle }: Selection & { connection: Connection; words: string }) {
  const { t, language } = useTexts();
  const found = useQuery({
    queryKey: ["connections", connection.id, "search", words],
    queryFn: ({ signal }) => take(api.GET("/api/v1/connections/{connection_id}/search", { params: { path: { connection_id: connection.id }, query: { q: words } }, signal })),
    retry: false,
    staleTime: 60_000,
  });
  const items = found.data?.items ?? [];
  const contents = useContents(
    connection,
    items.map(({ node }) => node),
  );
  if (found.isError) return <ErrorNote error={found.error} retry={() => void found.refetch()} />;
  if (found.data === undefined) return <Text className="quiet">{t("space.searching")}</Text>;
  if (items.length === 0) return <Text className="quiet">{t("space.noMatch", { n: formatNumber(found.data.searched, 0, language) })}</Text>;
  return (
    <>
      <div className="space" role="listbox" aria-multiselectable="true" aria-label={t("space.title")}>
        {items.map((one) => (
          <div
            key={one.node}
            role="option"
            aria-selected={chosen.has(one.node)}
            tabIndex={0}
            className="space-row"
            onClick={() => toggle(one)}
            onKeyDown={(event) => {
              if (event.key !== " " && event.key !== "Enter") return;
              event.preventDefault();
              toggle(one);
            }}
          >
            <NodeRow node={one} content={contents.get(one.node)} isChosen={chosen.has(one.node)} isRead={read.has(one.node)} path={one.path} />
          </div>
        ))}
      </div>
      {found.data.more && (
        <Text size="sm" className="quiet" mt="xs">
          {t("space.partly")}
        </Text>
      )}
    </>
  );
}

function toggled(before: ReadonlyMap<string, AddressNode>, node: AddressNode): ReadonlyMap<string, AddressNode> {
  const after = new Map(before);
  if (!after.delete(node.node)) after.set(node.node, node);
  return after;
}
