import "./dashboards.css";
import { Text } from "@mantine/core";
import { type CSSProperties, useMemo } from "react";
import { useTexts } from "../i18n";
import { useWatch } from "../live/hooks";
import { inReadingOrder } from "./grid";
import { ShownContext, type Source } from "./source";
import type { Document, Widget } from "./types";
import { devicesOf, type Values } from "./variables";
import { WidgetView } from "./WidgetView";

interface Props {
  document: Document;
  values: Values;
  source: Source;
  site: number;
  hasMenus?: boolean;
}

/** A dashboard as one looks at it. */
export function Board({ document, values, source, site, hasMenus = true }: Props) {
  const { t } = useTexts();
  const shown = useMemo(() => ({ source, values, site, hasMenus }), [source, values, site, hasMenus]);
  useWatch(useMemo(() => devicesOf(document, values), [document, values]));
  return (
    <ShownContext value={shown}>
      {document.widgets.length === 0 && <Text className="quiet">{t("boards.noWidgets")}</Text>}
      <div className="board">
        {inReadingOrder(document.widgets).map((widget) => (
          <section key={widget.id} className={`panel widget of-${widget.kind}`} style={placeOf(widget)} aria-label={labelOf(widget, t(`boardKind.${widget.kind}`))}>
            <WidgetView widget={widget} />
          </section>
        ))}
      </div>
    </ShownContext>
  );
}

/** Where a widget lies, as CSS takes it. On a phone, where everything stands below each other, only its height holds. */
export function placeOf({ x, y, w, h }: Pick<Widget, "x" | "y" | "w" | "h">): CSSProperties {
  return { "--x": x + 1, "--y": y + 1, "--w": w, "--h": h, "--half": w <= 3 ? 1 : 2 } as CSSProperties;
}

export function labelOf(widget: Widget, kind: string): string {
  return widget.title === "" ? kind : widget.title;
}
