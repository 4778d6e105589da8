import { Stack, Text } from "@mantine/core";
import { type Paged, usePages } from "../api/usePages";
import { useTexts } from "../i18n";
import { useTime } from "../session/time";
import { Loaded } from "../ui/Loaded";
import { More } from "../ui/More";
import type { Delivery } from "./channels";

const REFRESH_MS = 5_000;

/** What was told to whom, newest first, and what became of it. */
export function DeliveryLog({ name, read, showsPerson }: { name: string; read: (place: { before?: number }) => Promise<Paged<Delivery>>; showsPerson: boolean }) {
  const { t } = useTexts();
  const log = usePages(["deliveries", name], ({ after: before }) => read(before === undefined ? {} : { before }), { refetchInterval: REFRESH_MS });
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
          <More of={log} />
        </Stack>
      )}
    </Loaded>
  );
}

function Line({ delivery, showsPerson }: { delivery: Delivery; showsPerson: boolean }) {
  const { t, own } = useTexts();
  const time = useTime();
  const at = time(delivery.ended_at ?? delivery.made_at);
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
        {delivery.state === "waiting" && <span className="quiet"> · {t("notify.dueAt", { time: time(delivery.due_at) })}</span>}
        {delivery.reason !== "" && delivery.state !== "dropped" && <span className="quiet"> · {delivery.reason}</span>}
        {delivery.acknowledged_by !== null && <span className="quiet"> · {t("notify.acknowledgedBy", { by: delivery.acknowledged_by })}</span>}
      </Text>
    </div>
  );
}
