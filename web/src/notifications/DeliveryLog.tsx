import { Button, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import type { Delivery } from "./channels";

interface DeliveryPage {
  items: Delivery[];
  next?: string | null;
}

/** What was told to whom, newest first, and what became of it. */
export function DeliveryLog({ name, read, showsPerson }: { name: string; read: (before: number | null) => Promise<DeliveryPage>; showsPerson: boolean }) {
  const { t } = useTexts();
  const log = useInfiniteQuery({
    queryKey: ["deliveries", name],
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: null as number | null,
    getNextPageParam: ({ next }) => (next === null || next === undefined ? undefined : Number(next)),
    refetchInterval: 5_000,
  });
  return (
    <Loaded query={log} height={80}>
      {({ pages }) => (
        <Stack gap={0}>
          {pages[0]?.items.length === 0 && (
            <Text size="sm" className="quiet">
              {t("notify.logEmpty")}
            </Text>
          )}
          {pages.flatMap(({ items }) => items).map((one) => (
            <Line key={one.id} delivery={one} showsPerson={showsPerson} />
          ))}
          {log.hasNextPage && (
            <Button variant="default" size="xs" mt="sm" loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()} style={{ alignSelf: "start" }}>
              {t("common.more")}
            </Button>
          )}
        </Stack>
      )}
    </Loaded>
  );
}

function Line({ delivery, showsPerson }: { delivery: Delivery; showsPerson: boolean }) {
  const { t, own, language } = useTexts();
  const at = formatTime(delivery.ended_at ?? delivery.made_at, language);
  return (
    <div className="list-line">
      <Text size="sm" fw={600}>
        {t(`happening.${delivery.happening}`)}: {own(delivery.what)}
      </Text>
      <Text size="sm" className="quiet">
        {t(`noticePriority.${delivery.priority}`)} · {delivery.where}
      </Text>
      <Text size="sm" component="div">
        <b>{t(`delivery.${delivery.state}`)}</b> <span className="number">{at}</span> · {showsPerson ? `${delivery.to}, ` : ""}
        {delivery.channel}
        {delivery.state === "waiting" && <span className="quiet"> · {t("notify.dueAt", { time: formatTime(delivery.due_at, language) })}</span>}
        {delivery.reason !== "" && delivery.state !== "dropped" && <span className="quiet"> · {delivery.reason}</span>}
        {delivery.acknowledged_by !== null && <span className="quiet"> · {t("notify.acknowledgedBy", { by: delivery.acknowledged_by })}</span>}
      </Text>
    </div>
  );
}
