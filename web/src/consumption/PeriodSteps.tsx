import { ActionIcon, Group, Text } from "@mantine/core";
import { useTexts } from "../i18n";
import { moved, type Period, titleOf } from "./period";

/** The name of a period between the ways to the one before and the one after. */
export function PeriodSteps({ period, today, show }: { period: Period; today: string; show: (period: Period) => void }) {
  const { t, language } = useTexts();
  return (
    <Group gap={4} wrap="nowrap">
      <ActionIcon variant="default" aria-label={t("consumption.previous")} title={t("consumption.previous")} onClick={() => show(moved(period, -1))}>
        ←
      </ActionIcon>
      <Text fw={600} size="sm" style={{ minWidth: 130, textAlign: "center" }} aria-live="polite">
        {titleOf(period, language)}
      </Text>
      <ActionIcon variant="default" aria-label={t("consumption.next")} title={t("consumption.next")} disabled={moved(period, 1).at > today} onClick={() => show(moved(period, 1))}>
        →
      </ActionIcon>
    </Group>
  );
}
