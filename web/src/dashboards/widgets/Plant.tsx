import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { type Alarm, inOrder } from "../../alarms/alarms";
import { PriorityMark } from "../../alarms/PriorityMark";
import type { Channel } from "../../api/client";
import { formatValue } from "../../format";
import { useTexts } from "../../i18n";
import { useAge, useIsCurrent, useNewest, usePresence, useReading, useWatch } from "../../live/hooks";
import { Mark, type MarkKind } from "../../ui/Mark";
import { problemText, qualityMark } from "../../ui/words";
import { Frame, Nothing } from "../Frame";
import { mainChannels, type Part, partsOf } from "../plants";
import { type BoundDevice, useShown } from "../source";
import type { Of } from "../types";
import { siteOf } from "../variables";
import { DeviceName } from "./Value";

const PRESENCE = { live: "ok", late: "warn", silent: "bad", never: "quiet" } as const satisfies Record<string, MarkKind>;

/** A site, drawn from the tree of sites: what stands where, its main values, and what is wrong there. */
export function PlantView({ widget }: { widget: Of<"plant"> }) {
  const { t } = useTexts();
  const { source, values, site: own } = useShown();
  const site = siteOf(widget.site, values, own);
  const plant = useQuery({ queryKey: ["dashboards", source.key, "plant", site], queryFn: () => source.plant(site), staleTime: 60_000 });
  const { alarms } = source.useAlarms();
  const root = useMemo(() => (plant.data === undefined ? null : partsOf(plant.data, site)), [plant.data, site]);
  useWatch(plant.data?.devices.map(({ key }) => key) ?? []);
  const name = plant.data?.sites.find(({ id }) => id === site)?.name ?? "";
  return (
    <Frame title={widget.title === "" ? name : widget.title} {...(plant.data?.isCut === true ? { note: t("boards.plantCut", { n: plant.data.devices.length }) } : {})}>
      {root === null ? (
        <Nothing>{plant.error !== null && plant.data === undefined ? problemText(plant.error, t) : t(plant.isPending ? "common.loading" : "boards.plantEmpty")}</Nothing>
      ) : (
        <div className="plant">
          <PartView part={root} alarms={alarms ?? []} isRoot />
        </div>
      )}
    </Frame>
  );
}

function PartView({ part, alarms, isRoot = false }: { part: Part; alarms: readonly Alarm[]; isRoot?: boolean }) {
  return (
    <section className={isRoot ? "plant-root" : "plant-part"} aria-label={part.site.name}>
      {!isRoot && (
        <h3>
          <PartName part={part} />
        </h3>
      )}
      {part.devices.length > 0 && (
        <ul className="plant-devices">
          {part.devices.map((one) => (
            <DeviceBox key={one.key} device={one} alarms={alarms.filter(({ device }) => device === one.key)} />
          ))}
        </ul>
      )}
      {part.parts.length > 0 && (
        <div className="plant-parts">
          {part.parts.map((one) => (
            <PartView key={one.site.id} part={one} alarms={alarms} />
          ))}
        </div>
      )}
    </section>
  );
}

function PartName({ part }: { part: Part }) {
  const { source } = useShown();
  if (source.isPublic) return part.site.name;
  return (
    <Link to="/dashboards/site/$id" params={{ id: String(part.site.id) }} className="widget-link">
      {part.site.name}
    </Link>
  );
}

function DeviceBox({ device, alarms }: { device: BoundDevice; alarms: readonly Alarm[] }) {
  const { t } = useTexts();
  const presence = usePresence(device.key);
  const age = useAge(useNewest(device.key));
  const worst = inOrder(alarms)[0];
  return (
    <li className="plant-device">
      <div className="plant-name">
        {worst === undefined ? <Mark kind={PRESENCE[presence]} /> : <PriorityMark priority={worst.priority} isHollow={worst.is_acknowledged} />}
        <span className="cut">
          <DeviceName device={device} />
        </span>
        <span className="quiet number">{presence === "never" ? t("state.never") : age}</span>
      </div>
      {mainChannels(device.channels).map((one) => (
        <ValueLine key={one.series} device={device.key} channel={one} />
      ))}
      {worst !== undefined && <div className="plant-alarm">{worst.name}</div>}
    </li>
  );
}

function ValueLine({ device, channel }: { device: string; channel: Channel }) {
  const { own, language } = useTexts();
  const reading = useReading(channel.series);
  const isCurrent = useIsCurrent(channel, device);
  if (reading === undefined) return null;
  const mark = qualityMark(reading.quality);
  return (
    <div className={isCurrent ? "plant-value" : "plant-value stale"}>
      <span className="quiet cut">{own(channel.name)}</span>
      <span className="number">
        {mark !== null && <Mark kind={mark} />} {formatValue(reading.value, channel, language, own)} <span className="quiet unit">{channel.unit}</span>
      </span>
    </div>
  );
}
