import { Table, Text } from "@mantine/core";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { wordsOf } from "./entries";
import { EntryLink } from "./EntryLink";
import type { Marked } from "./marks";
import { Shape } from "./MarkLane";

/** The marks of a chart as a table, newest first; nothing where nothing was wrong. */
export function MarkTable({ marks, device, zone }: { marks: readonly Marked[]; device: string; zone: string }) {
  const { t, language, own } = useTexts();
  if (marks.length === 0) return null;
  return (
    <>
      <Text fw={600} size="sm">
        {t("mark.title")}
      </Text>
      <Table.ScrollContainer minWidth={320} mb="md" scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table horizontalSpacing={6} fz="sm" aria-label={t("mark.title")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("chart.time")}</Table.Th>
              <Table.Th>{t("mark.what")}</Table.Th>
              <Table.Th>{t("device.channels")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {marks.toReversed().map((one) => (
              <Table.Tr key={one.id}>
                <Table.Td className="number">{formatTime(one.at, language, zone)}</Table.Td>
                <Table.Td>
                  <Shape of={one} />{" "}
                  <EntryLink entry={one} device={device}>
                    {wordsOf(one, own, t)}
                  </EntryLink>
                  {one.kind === "alarm" && ` · ${priorityText(one, t)}`}
                </Table.Td>
                <Table.Td>{one.channels.join(", ")}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}

function priorityText({ severity }: Marked, t: ReturnType<typeof useTexts>["t"]): string {
  return severity === "warning" || severity === "info" ? "" : t(`priority.${severity}`);
}
