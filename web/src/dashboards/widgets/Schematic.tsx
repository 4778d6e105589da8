import DOMPurify from "dompurify";
import { useEffect, useMemo, useRef } from "react";
import { formatValue } from "../../format";
import { useTexts } from "../../i18n";
import { live, useConnection } from "../../live/hooks";
import { problemText } from "../../ui/words";
import { Frame, Nothing } from "../Frame";
import { shareOf } from "../shapes";
import { useShown } from "../source";
import type { Of } from "../types";
import { deviceOf } from "../variables";
import { usePicture } from "./pictures";
import { type Bound, useBounds } from "./useSeries";

type Binding = Of<"schematic">["bindings"][number];

/** A drawing with elements that show values. What could run, load or lead elsewhere is taken out of it first. */
export function Schematic({ widget }: { widget: Of<"schematic"> }) {
  const { t, language, own } = useTexts();
  const place = useRef<HTMLDivElement>(null);
  const picture = usePicture(widget.file);
  const { bounds } = useBounds(widget.bindings.map(({ series }) => series));
  const { values } = useShown();
  const isLost = useConnection() === "lost";
  const text = picture.data?.text;
  const drawing = useMemo(() => (text === undefined ? "" : clean(text)), [text]);
  useEffect(() => {
    const { current: element } = place;
    if (element === null || drawing === "") return;
    element.innerHTML = drawing;
    return () => {
      element.innerHTML = "";
    };
  }, [drawing]);
  useEffect(() => {
    const { current: element } = place;
    if (element === null || drawing === "") return;
    const pairs = widget.bindings.flatMap((binding) => {
      const bound = bounds.find(({ device, channel }) => channel.key === binding.series.channel && device.key === deviceOf(binding.series.device, values));
      const found = element.querySelector(`#${CSS.escape(binding.element)}`);
      return bound === undefined || !(found instanceof SVGElement) ? [] : [{ binding, bound, found }];
    });
    const draw = () => pairs.forEach(({ binding, bound, found }) => show(found, binding, bound, (value, channel) => formatValue(value, channel, language, own)));
    draw();
    const ends = [live.onAny(draw), ...pairs.map(({ bound }) => live.onSeries(bound.channel.series, draw))];
    return () => ends.forEach((end) => end());
  }, [drawing, bounds, widget.bindings, values, language, own]);
  return (
    <Frame title={widget.title} stale={isLost}>
      {picture.data === undefined && <Nothing>{picture.error === null ? t("common.loading") : problemText(picture.error, t)}</Nothing>}
      {picture.data !== undefined && drawing === "" && <Nothing>{t("boards.noDrawing")}</Nothing>}
      <div ref={place} className="schematic" />
    </Frame>
  );
}

/** Only shapes, texts and what styles them: no scripts, no addresses, no HTML within. */
function clean(text: string): string {
  return DOMPurify.sanitize(text, { USE_PROFILES: { svg: true, svgFilters: true }, FORBID_TAGS: ["style", "image", "use", "a", "foreignObject", "animate", "set"], FORBID_ATTR: ["href", "xlink:href"], ALLOW_DATA_ATTR: false, SANITIZE_DOM: true });
}

function show(element: SVGElement, { shows, low, high }: Binding, { device, channel }: Bound, text: (value: number | null, channel: Bound["channel"]) => string): void {
  const reading = live.reading(channel.series);
  const speaks = channel.kind === "state" ? live.presence(device.key) === "live" : live.isCurrent(channel.series);
  element.classList.toggle("schematic-old", reading === undefined || !speaks || live.connection === "lost");
  const value = reading?.value ?? null;
  if (shows === "text") {
    const holder = element.querySelector("tspan") ?? element;
    holder.textContent = reading === undefined ? "—" : `${text(value, channel)} ${channel.unit}`.trim();
  } else if (shows === "visible") {
    element.style.visibility = value !== null && value !== 0 ? "visible" : "hidden";
  } else {
    element.style.clipPath = `inset(${100 * (1 - (value === null ? 0 : shareOf(value, low, high)))}% 0 0 0)`;
  }
}
