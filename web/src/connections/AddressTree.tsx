import { Button, Skeleton, Text } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { type KeyboardEvent, useRef, useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { useTold } from "../ui/failed";
import { problemText } from "../ui/words";
import type { Selection } from "./AddressSpace";
import { NodeRow, useContents } from "./NodeRow";
import { type Branch, move, nodeOf, rows } from "./tree";
import type { AddressNode, Connection } from "./types";

const ROOT = null;

/** The server's address space as a tree, loaded folder by folder (WAI-ARIA tree pattern). */
export function AddressTree({ connection, chosen, read, toggle }: Selection & { connection: Connection }) {
  const { t } = useTexts();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [focused, focus] = useState<string | null>(null);
  const tree = useRef<HTMLDivElement>(null);
  const folders = [ROOT, ...open];
  const loaded = useQueries({
    queries: folders.map((path) => ({
      queryKey: ["connections", connection.id, "browse", path === null ? null : nodeOf(path)],
      queryFn: () => browse(connection.id, path === null ? null : nodeOf(path)),
      staleTime: 60_000,
      retry: false,
    })),
  });
  const top = loaded[0];
  useTold(top?.error ?? null);
  const content = new Map(folders.map((path, place) => [path, loaded[place]]));
  const shown = rows<AddressNode>((path) => content.get(path)?.data?.items, open);
  const contents = useContents(
    connection,
    shown.filter(({ item }) => item.kind === "variable").map(({ item }) => item.node),
  );
  const mayOpen = ({ item, path }: Branch<AddressNode>) => item.kind === "object" || (content.get(path)?.data?.items.length ?? 0) > 0;
  const setFolder = (path: string, isOpen: boolean) =>
    setOpen((before) => {
      const after = new Set(before);
      if (isOpen) after.add(path);
      else after.delete(path);
      return after;
    });
  const goTo = (path: string) => {
    focus(path);
    tree.current?.querySelectorAll<HTMLElement>('[role="treeitem"]').item(shown.findIndex((one) => one.path === path)).focus();
  };
  const press = (event: KeyboardEvent, branch: Branch<AddressNode>) => {
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      act(branch);
      return;
    }
    const done = move(event.key, branch.path, shown, mayOpen);
    if (done === null) return;
    event.preventDefault();
    if ("to" in done) goTo(done.to);
    else if ("open" in done) setFolder(done.open, true);
    else setFolder(done.shut, false);
  };
  const act = (branch: Branch<AddressNode>) => {
    if (branch.item.kind === "variable") toggle(branch.item);
    else setFolder(branch.path, !branch.isOpen);
  };
  if (top?.isError === true) {
    return (
      <>
        <Text size="sm" mb="xs" role="alert">
          {problemText(top.error, t)}
        </Text>
        <Button size="xs" variant="default" onClick={() => void top.refetch()}>
          {t("common.retry")}
        </Button>
      </>
    );
  }
  if (top?.data === undefined) return <Skeleton height={140} />;
  const reachable = shown.some(({ path }) => path === focused) ? focused : shown[0]?.path;
  return (
    <div className="space" role="tree" aria-label={t("space.title")} aria-multiselectable="true" ref={tree}>
      {shown.map((branch) => (
        <div key={branch.path}>
          <div
            role="treeitem"
            aria-level={branch.level}
            aria-selected={chosen.has(branch.item.node)}
            {...(mayOpen(branch) ? { "aria-expanded": branch.isOpen } : {})}
            tabIndex={branch.path === reachable ? 0 : -1}
            className="space-row"
            style={{ paddingLeft: 8 + 18 * (branch.level - 1) }}
            onFocus={() => focus(branch.path)}
            onClick={() => act(branch)}
            onKeyDown={(event) => press(event, branch)}
          >
            <span className="space-fold" aria-hidden="true">
              {mayOpen(branch) ? (branch.isOpen ? "▾" : "▸") : ""}
            </span>
            <NodeRow node={branch.item} content={contents.get(branch.item.node)} isChosen={chosen.has(branch.item.node)} isRead={read.has(branch.item.node)} />
          </div>
          {branch.isOpen && <Below query={content.get(branch.path)} level={branch.level} />}
        </div>
      ))}
    </div>
  );
}

/** What is to be said of an open folder beside its rows. */
function Below({ query, level }: { query: { data?: { items: unknown[]; more: boolean } | undefined; error: unknown; isPending: boolean } | undefined; level: number }) {
  const { t } = useTexts();
  const text =
    query === undefined || query.isPending
      ? t("common.loading")
      : query.error !== null
        ? problemText(query.error, t)
        : query.data?.more === true
          ? t("space.more")
          : query.data?.items.length === 0
            ? t("space.empty")
            : null;
  return text === null ? null : (
    <Text size="sm" className="quiet" style={{ padding: "4px 8px", paddingLeft: 30 + 18 * level }}>
      {text}
    </Text>
  );
}

function browse(connection: number, node: string | null) {
  return take(api.GET("/api/v1/connections/{connection_id}/browse", { params: { path: { connection_id: connection }, query: node === null ? {} : { node } } }));
}
