import { Suspense } from "react";
import { later } from "../ui/later";
import type { Widget } from "./types";
import { Alarms } from "./widgets/Alarms";
import { Chart } from "./widgets/Chart";
import { Gauge } from "./widgets/Gauge";
import { Heat } from "./widgets/Heat";
import { Picture, TextNote } from "./widgets/Notes";
import { PlantView } from "./widgets/Plant";
import { SiteMap } from "./widgets/SiteMap";
import { Timeline } from "./widgets/Timeline";
import { Value } from "./widgets/Value";
import { Values } from "./widgets/Values";

// What cleans drawings is large, and few dashboards have one.
const Schematic = later(async () => (await import("./widgets/Schematic")).Schematic);
const CommandWidget = later(async () => (await import("./widgets/CommandWidget")).CommandWidget);

export function WidgetView({ widget }: { widget: Widget }) {
  switch (widget.kind) {
    case "value":
      return <Value widget={widget} />;
    case "gauge":
      return <Gauge widget={widget} />;
    case "chart":
      return <Chart widget={widget} />;
    case "table":
      return <Values widget={widget} />;
    case "timeline":
      return <Timeline widget={widget} />;
    case "heat":
      return <Heat widget={widget} />;
    case "alarms":
      return <Alarms widget={widget} />;
    case "plant":
      return <PlantView widget={widget} />;
    case "map":
      return <SiteMap widget={widget} />;
    case "text":
      return <TextNote widget={widget} />;
    case "image":
      return <Picture widget={widget} />;
    case "schematic":
      return (
        <Suspense>
          <Schematic widget={widget} />
        </Suspense>
      );
    case "command":
      return (
        <Suspense>
          <CommandWidget widget={widget} />
        </Suspense>
      );
  }
}
