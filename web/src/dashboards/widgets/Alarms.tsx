import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { type Alarm, inOrder } from "../../alarms/alarms";
import { PriorityMark } from "../../alarms/PriorityMark";
import { useTexts } from "../../i18n";
import { useAge } from "../../live/hooks";
import { problemText } from "../../ui/words";
import { Frame, Nothing } from "../Frame";
import { below } from "../plants";
import { useShown } from "../source";
import type { Of } from "../types";
import { deviceOf, siteOf } from "../variables";

const SHOWN = 50;

/** What is wrong now, the most pressing first. */
export function Alarms({ widget }: { widget: Of<"alarms"> }) {
  const { t } = useTexts();
  const { source, values, site: own } = useShown();
  const { alarms, error } = source.useAlarms();
  const site = siteOf(widget.site, values, own);
  const device = widget.device === null || widget.device === undefined ? "" : deviceOf(widget.device, values);
  const plant = useQuery({ queryKey: ["dashboards", source.key, "plant", site], queryFn: () => source.plant(site), staleTime: 60_000, enabled: device === "" });
  const sites = below(plant.data?.sites ?? [], site);
  const wanted = alarms?.filter((one) => (device === "" ? sites.has(one.site) : one.device === device));
  const title = widget.title === "" ? t("boardKind.alarms") : widget.title;
  const waits = wanted === undefined || (device === "" && plant.data === undefined);
  return (
    <Frame title={title} {...(waits ? {} : { note: String(wanted.length) })}>
      {waits ? (
        <Nothing>{error !== null && error !== undefined ? problemText(error, t) : t("common.loading")}</Nothing>
      ) : wanted.length === 0 ? (
        <Nothing>{t("boards.noAlarms")}</Nothing>
      ) : (
        <ul className="widget-list" aria-label={title}>
          {inOrder(wanted)
            .slice(0, SHOWN)
            .map((one) => (
              <Line key={one.id} alarm={one} />
            ))}
        </ul>
      )}
    </Frame>
  );
}

function Line({ alarm }: { alarm: Alarm }) {
  const { t } = useTexts();
  const { source } = useShown();
  const age = useAge(Date.parse(alarm.raised_at ?? alarm.changed_at));
  const inside = (
    <>
      <PriorityMark priority={alarm.priority} isHollow={alarm.is_acknowledged} />
      <span className="widget-list-text">
        <span className={alarm.is_acknowledged ? "" : "waits"}>{alarm.name}</span>
        <span className="quiet">
          {alarm.device_name} · {t(`priority.${alarm.priority}`)} · {t(`alarmState.${alarm.state}`)}
        </span>
      </span>
      <span className="quiet number">{age}</span>
    </>
  );
  if (source.isPublic) return <li>{inside}</li>;
  return (
    <li>
      <Link to="/alarms" search={{ q: alarm.device }}>
        {inside}
      </Link>
    </li>
  );
}
