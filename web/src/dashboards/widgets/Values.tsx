import { Table } from "@mantine/core";
import { formatValue } from "../../format";
import { useTexts } from "../../i18n";
import { useAge, useIsCurrent, useReading } from "../../live/hooks";
import { Mark } from "../../ui/Mark";
import { Scrolled } from "../../ui/Scrolled";
import { problemText, qualityMark, qualityText } from "../../ui/words";
import { Frame, Nothing } from "../Frame";
import type { Of } from "../types";
import { type Bound, useBounds } from "./useSeries";
import { DeviceName } from "./Value";

/** Newest values, one a line. */
export function Values({ widget }: { widget: Of<"table"> }) {
  const { t } = useTexts();
  const { bounds, waits, error } = useBounds(widget.series);
  const title = widget.title === "" ? t("boardKind.table") : widget.title;
  return (
    <Frame title={title}>
      {bounds.length === 0 ? (
        <Nothing>{error !== null ? problemText(error, t) : t(waits ? "common.loading" : "device.noData")}</Nothing>
      ) : (
        <Scrolled label={title}>
          <Table verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("boards.device")}</Table.Th>
                <Table.Th>{t("boards.channel")}</Table.Th>
                <Table.Th ta="right">{t("boards.value")}</Table.Th>
                <Table.Th ta="right">{t("boards.age")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {bounds.map((one) => (
                <Row key={one.channel.series} bound={one} />
              ))}
            </Table.Tbody>
          </Table>
        </Scrolled>
      )}
    </Frame>
  );
}

function Row({ bound: { device, channel } }: { bound: Bound }) {
  const { t, own, language } = useTexts();
  const reading = useReading(channel.series);
  const isCurrent = useIsCurrent(channel, device.key);
  const age = useAge(reading?.t);
  const mark = reading === undefined ? null : qualityMark(reading.quality);
  return (
    <Table.Tr className={reading !== undefined && !isCurrent ? "stale" : ""}>
      <Table.Td>
        <DeviceName device={device} />
      </Table.Td>
      <Table.Td>{own(channel.name)}</Table.Td>
      <Table.Td ta="right" className="number">
        {mark !== null && reading !== undefined && (
          <span title={qualityText(reading.quality, t)}>
            <Mark kind={mark} /> <span className="for-ears">{qualityText(reading.quality, t)}</span>
          </span>
        )}{" "}
        {reading === undefined ? "—" : formatValue(reading.value, channel, language, own)} <span className="quiet unit">{channel.unit}</span>
      </Table.Td>
      <Table.Td ta="right" className="number quiet">
        {age}
      </Table.Td>
    </Table.Tr>
  );
}
