import { Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Kept, take } from "../api/client";
import { formatTime } from "../format";
import { isKey, type Key, useTexts } from "../i18n";
import { ErrorNote } from "../shell/Pages";
import { Code } from "../ui/Code";
import { Confirm } from "../ui/Confirm";

const PAGE = 20;

/** Messages in quarantine, of a device, of a reason, or all, with what can be done about each. */
export function KeptList({ device, reason }: { device?: string; reason?: string }) {
  const { t } = useTexts();
  const filter = { ...(device === undefined ? {} : { device }), ...(reason === undefined ? {} : { reason }) };
  const kept = useInfiniteQuery({
    queryKey: ["quarantine", filter],
    queryFn: ({ pageParam }) => take(api.GET("/api/v1/quarantine", { params: { query: { ...filter, limit: PAGE, after: pageParam } } })),
    initialPageParam: 0,
    getNextPageParam: (page) => (page.next === null || page.next === undefined ? undefined : Number(page.next)),
    refetchInterval: 10_000,
  });
  if (kept.isError) return <ErrorNote error={kept.error} retry={() => void kept.refetch()} />;
  if (kept.isPending) return <Skeleton height={80} />;
  const items = kept.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <Text className="quiet">{t("quarantine.empty")}</Text>;
  return (
    <Stack gap="sm">
      {items.map((one) => (
        <KeptMessage key={one.seq} kept={one} />
      ))}
      {kept.hasNextPage && (
        <Button variant="default" onClick={() => void kept.fetchNextPage()} loading={kept.isFetchingNextPage}>
          {t("common.more")}
        </Button>
      )}
    </Stack>
  );
}

function KeptMessage({ kept }: { kept: Kept }) {
  const { t, language } = useTexts();
  const [asks, setAsks] = useState(false);
  const queries = useQueryClient();
  const settle = () => queries.invalidateQueries();
  const replay = useReplay();
  const discard = useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/quarantine/{seq}", { params: { path: { seq: kept.seq } } })),
    onSuccess: () => {
      notifications.show({ message: t("quarantine.discarded") });
      return settle();
    },
  });
  return (
    <article style={{ borderTop: "1px solid var(--line)", paddingTop: 10 }}>
      <Group justify="space-between" mb={6}>
        <Text size="sm">
          <b>{isKey(`reason.${kept.reason}`) ? t(`reason.${kept.reason}` as Key) : kept.reason}</b> · {kept.device} ·{" "}
          <span className="quiet">
            {formatTime(kept.at, language)} · {kept.transport} · {kept.topic}
          </span>
        </Text>
        <Group gap={6}>
          <Button size="compact-sm" variant="default" loading={replay.isPending} onClick={() => replay.mutate({ seq: kept.seq })}>
            {t("quarantine.replay")}
          </Button>
          <Button size="compact-sm" variant="subtle" color="red" onClick={() => setAsks(true)}>
            {t("quarantine.discard")}
          </Button>
        </Group>
      </Group>
      <Text size="sm" className="quiet" mb={6}>
        {kept.detail}
      </Text>
      <Code text={kept.raw ?? kept.raw_base64} wrap label={t("data.raw")} />
      <Confirm opened={asks} question={t("quarantine.discardAsk")} action={t("quarantine.discard")} close={() => setAsks(false)} confirm={() => discard.mutate()} />
    </article>
  );
}

/** Replays one message, or all of a reason or device, and says what came of it. */
export function useReplay() {
  const { t } = useTexts();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (what: { seq: number } | { reason?: string; device?: string }) =>
      "seq" in what
        ? take(api.POST("/api/v1/quarantine/{seq}/replay", { params: { path: { seq: what.seq } } }))
        : take(api.POST("/api/v1/quarantine/replay", { body: what })),
    onSuccess: (receipt) => {
      notifications.show({ message: t("quarantine.replayed", { n: receipt.accepted, m: receipt.quarantined }) });
      return queries.invalidateQueries();
    },
    onError: (error) => notifications.show({ color: "red", message: error.message }),
  });
}
