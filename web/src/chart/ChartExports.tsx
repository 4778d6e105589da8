import { useComputedColorScheme } from "@mantine/core";
import type { ReactNode, RefObject } from "react";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { toClipboard } from "../ui/clipboard";
import { download } from "../ui/download";
import { Dropdown, DropdownItem } from "../ui/Dropdown";
import { formatTime } from "../format";
import { type ChartSeries, grows } from "./columns";
import { levelText } from "./ChartNote";
import { shownOf, type Span } from "./range";
import { withTail } from "./series";

/** What is seldom wanted does not delay the chart. */
const written = () => import("./rows");

interface Props {
  /** Of the files. */
  name: string;
  title: string;
  series: readonly ChartSeries[];
  span: Span;
  zone: string;
  resolution: string | undefined;
  /** As in the note above the chart; empty where nothing is to be said of it. */
  means?: string | undefined;
  /** Where the charts are; no picture while they are a table. */
  place: RefObject<HTMLElement | null>;
  isTable: boolean;
  /** Where no button beside the menu shows the chart as a table and back. */
  chooseTable?: (table: boolean) => void;
  /** In place of the menu's usual button. */
  button?: { label: ReactNode; name: string };
  /** Further ways out. */
  children?: (close: () => void) => ReactNode;
}

/** Ways to take along what is shown: to the clipboard, as a file for a spreadsheet, as a picture. */
export function ChartExports({ name, title, series, span, zone, resolution, means, place, isTable, chooseTable, button, children }: Props) {
  const { t, language, own } = useTexts();
  const scheme = useComputedColorScheme("light");
  const rows = async () => {
    const { rowsOf } = await written();
    const titled = series.map((one) => ({
      points: span.live && grows(one) ? withTail(one.points, live.tail(one.channel.series)) : one.points,
      title: `${one.name ?? own(one.channel.name)}${one.channel.unit === "" ? "" : ` (${one.channel.unit})`}`,
    }));
    return rowsOf(titled, { time: t("chart.time"), quality: t("chart.quality") }, language, zone);
  };
  const copy = async () => {
    const [found, { asTsv }, { notifications }] = await Promise.all([rows(), written(), import("@mantine/notifications")]);
    await toClipboard(asTsv(found));
    notifications.show({ message: t("chart.copied", { n: found.length - 1 }) });
  };
  const table = async () => {
    const { asCsv } = await written();
    download(`${name}.csv`, asCsv(await rows(), language), "text/csv;charset=utf-8");
  };
  const picture = async () => {
    const { pictureOf } = await import("./picture");
    if (place.current === null) return;
    const { from, to } = shownOf(span, live.clock);
    const when = `${formatTime(from, language, zone)} – ${formatTime(to, language, zone)} (${zone})`;
    const below = [when, means ?? levelText(resolution ?? "raw", t)].filter((text) => text !== "").join(" · ");
    download(`${name}.png`, await pictureOf(place.current, { title, below }, scheme), "image/png");
  };
  const item = (text: string, act: () => void, close: () => void) => (
    <DropdownItem act={act} close={close}>
      {text}
    </DropdownItem>
  );
  return (
    <Dropdown {...(button ?? { label: t("chart.export") })}>
      {(close) => (
        <>
          {chooseTable !== undefined && item(t(isTable ? "chart.chart" : "chart.table"), () => chooseTable(!isTable), close)}
          {item(t("chart.copy"), () => void copy(), close)}
          {item(t("chart.csvShown"), () => void table(), close)}
          {!isTable && item(t("chart.png"), () => void picture(), close)}
          {children?.(close)}
        </>
      )}
    </Dropdown>
  );
}
