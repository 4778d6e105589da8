import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { useTexts } from "../i18n";
import { labelOf, placeOf } from "./Board";
import { inReadingOrder, placed, resized, stepped } from "./grid";
import type { Document, Widget } from "./types";
import { WidgetView } from "./WidgetView";

const ROW_PX = 52;
const GAP_PX = 10;
const COLUMNS = 12;

interface Props {
  document: Document;
  change: (document: Document, told: string) => void;
  edit: (widget: Widget) => void;
  duplicate: (id: string) => void;
  remove: (id: string) => void;
}

interface Drag {
  id: string;
  how: "move" | "resize";
  from: { x: number; y: number };
  base: readonly Widget[];
  now: readonly Widget[];
}

/** The grid while it is built: widgets are moved and resized by mouse, touch and keyboard. */
export function EditGrid({ document, change, edit, duplicate, remove }: Props) {
  const { t } = useTexts();
  const grid = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<Drag | null>(null);
  const widgets = drag?.now ?? document.widgets;

  const begin = (event: PointerEvent<HTMLElement>, id: string, how: Drag["how"]) => {
    if (event.button !== 0) return;
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ id, how, from: { x: event.clientX, y: event.clientY }, base: document.widgets, now: document.widgets });
  };
  const go = (event: PointerEvent<HTMLElement>) => {
    const { current: element } = grid;
    const widget = drag?.base.find(({ id }) => id === drag.id);
    if (drag === null || element === null || widget === undefined) return;
    const columns = Math.round((event.clientX - drag.from.x) / ((element.clientWidth + GAP_PX) / COLUMNS));
    const rows = Math.round((event.clientY - drag.from.y) / (ROW_PX + GAP_PX));
    const now = drag.how === "move" ? placed(drag.base, drag.id, { x: widget.x + columns, y: widget.y + rows }) : resized(drag.base, drag.id, { w: widget.w + columns, h: widget.h + rows });
    setDrag({ ...drag, now });
  };
  const end = (keeps: boolean) => {
    if (drag !== null && keeps) settle(drag.now, drag.id);
    setDrag(null);
  };
  const settle = (now: readonly Widget[], id: string) => {
    const widget = now.find((one) => one.id === id);
    if (widget !== undefined) change({ ...document, widgets: [...now] }, t("boards.nowAt", { x: widget.x + 1, y: widget.y + 1, w: widget.w, h: widget.h }));
  };
  const onKey = (event: KeyboardEvent, widget: Widget) => {
    if (event.target !== event.currentTarget) return;
    const [dx, dy] = STEPS[event.key] ?? [0, 0];
    const isStep = dx !== 0 || dy !== 0;
    if (isStep && !event.ctrlKey && !event.metaKey) settle(event.shiftKey ? resized(document.widgets, widget.id, { w: widget.w + dx, h: widget.h + dy }) : stepped(document.widgets, widget.id, dx, dy), widget.id);
    else if (event.key === "Enter") edit(widget);
    else if (event.key === "Delete" || event.key === "Backspace") remove(widget.id);
    else if (event.key.toLowerCase() === "d" && (event.ctrlKey || event.metaKey)) duplicate(widget.id);
    else return;
    event.preventDefault();
  };
  return (
    <div className="board-scroller">
      <div ref={grid} className="board editing">
        {inReadingOrder(widgets).map((widget) => {
          const name = labelOf(widget, t(`boardKind.${widget.kind}`));
          return (
            // Arrows, Enter, Delete and Ctrl+D are announced below the grid; each has a button or handle as well.
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
            <div key={widget.id} data-widget={widget.id} className={drag?.id === widget.id ? "panel widget held" : "panel widget"} style={placeOf(widget)} role="group" aria-label={t("boards.widgetAt", { name, x: widget.x + 1, y: widget.y + 1, w: widget.w, h: widget.h })}
              // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
              tabIndex={0}
              onKeyDown={(event) => onKey(event, widget)}
            >
              <div className="widget-tools">
                {/* The keyboard moves the widget itself. */}
                <span className="widget-handle" aria-hidden="true" title={t("boards.move")} onPointerDown={(event) => begin(event, widget.id, "move")} onPointerMove={go} onPointerUp={() => end(true)} onPointerCancel={() => end(false)}>
                  ⠿ <span className="cut">{name}</span>
                </span>
                <Tool path="M4 20l1-4L16 5l3 3L8 19z" label={t("boards.editWidget", { name })} act={() => edit(widget)} />
                <Tool path="M9 9h11v11H9zM15 9V4H4v11h5" label={t("boards.duplicateWidget", { name })} act={() => duplicate(widget.id)} />
                <Tool path="M6 6l12 12M18 6L6 18" label={t("boards.removeWidget", { name })} act={() => remove(widget.id)} />
              </div>
              <div className="widget-still" inert>
                <WidgetView widget={widget} />
              </div>
              <span className="widget-corner" aria-hidden="true" title={t("boards.resize")} onPointerDown={(event) => begin(event, widget.id, "resize")} onPointerMove={go} onPointerUp={() => end(true)} onPointerCancel={() => end(false)} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

const STEPS: Record<string, readonly [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function Tool({ path, label, act }: { path: string; label: string; act: () => void }) {
  return (
    <button type="button" className="widget-tool" aria-label={label} title={label} onClick={act}>
      <svg width="15" height="15" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" strokeLinejoin="round" aria-hidden="true">
        <path d={path} />
      </svg>
    </button>
  );
}
