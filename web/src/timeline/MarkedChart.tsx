import { type ComponentProps, useMemo, useRef } from "react";
import type uPlot from "uplot";
import { UnitChart } from "../chart/UnitChart";
import { MarkLane } from "./MarkLane";
import { clustered, type Marked, ofChannels, placeMarks } from "./marks";

const WIDEST_PX = 1_000; // of a chart on a wide screen; a narrow one is about as wide as its window

/** A chart with the alarms and anomalies of its channels above it. marks: those of the device, oldest first. */
export function MarkedChart({ marks, device, ...chart }: ComponentProps<typeof UnitChart> & { marks: readonly Marked[]; device: string }) {
  const { series, span, zone, onSelect } = chart;
  const lane = useRef<HTMLUListElement>(null);
  const length = span.to - span.from;
  const clusters = useMemo(
    () => clustered(ofChannels(marks, series.map(({ channel }) => channel.key)), length, Math.min(window.innerWidth, WIDEST_PX)),
    [marks, series, length],
  );
  // Other marks are another list, so that the chart puts them in their places.
  const layers = useMemo(() => {
    const place = (drawn: uPlot) => lane.current !== null && clusters.length > 0 && placeMarks(lane.current, drawn);
    return [(drawn: uPlot) => void place(drawn)];
  }, [clusters]);
  return (
    <div className="marked">
      <MarkLane clusters={clusters} device={device} zone={zone} lane={lane} zoom={onSelect} />
      <UnitChart {...chart} layers={layers} />
    </div>
  );
}
