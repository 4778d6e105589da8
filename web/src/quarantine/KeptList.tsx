import { Button, Group, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Kept, take } from "../api/client";
import { usePages } from "../api/usePages";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { Code } from "../ui/Code";
import { Confirm } from "../ui/Confirm";
import { Loaded } from "../ui/Loaded";
import { More } from "../ui/More";
import { problemText, reasonText } from "../ui/words";
import { IfConfigurable } from "./IfConfigurable";

const PAGE = 20;
const REFRESH_MS = 10_000;

/** Messages in quarantine, of a device, of a reason, or all, with what can be done about each. */
export function KeptList({ device, reason }: { device?: string; reason?: string }) {
  const { t } = useTexts();
  const filter = { ...(device === undefined ? {} : { device }), ...(reason === undefined ? {} : { reason }) };
  const kept = usePages(["quarantine", filter], (after) => take(api.GET("/api/v1/quarantine", { params: { query: { ...filter, limit: PAGE, ...after } } })), { refetchInterval: REFRESH_MS });
  const items = kept.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Loaded query={kept} height={80}>
      {() => (
        <Stack gap="sm">
          {items.length === 0 && <Text className="quiet">{t("quarantine.empty")}</Text>}
          {items.map((one) => (
            <KeptMessage key={one.seq} kept={one} />
          ))}
          <More of={kept} />
        </Stack>
      )}
    </Loaded>
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
          <b>{reasonText(kept.reason, t)}</b> · {kept.device} ·{" "}
          <span className="quiet">
            {formatTime(kept.at, language, kept.zone)} · {kept.transport} · {kept.topic}
          </span>
        </Text>
        <IfConfigurable device={kept.device}>
          <Group gap={6}>
            <Button size="compact-sm" variant="default" loading={replay.isPending} onClick={() => replay.mutate({ seq: kept.seq })}>
              {t("quarantine.replay")}
            </Button>
            <Button size="compact-sm" variant="subtle" color="red" onClick={() => setAsks(true)}>
              {t("quarantine.discard")}
            </Button>
          </Group>
        </IfConfigurable>
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
    onError: (error) => notifications.show({ color: "red", message: problemText(error, t) }),
  });
}
