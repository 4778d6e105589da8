import { Link } from "@tanstack/react-router";
import type { Device } from "../api/client";
import { shownOf, type Span } from "../chart/range";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { useRights } from "../session/session";
import { Dropdown } from "../ui/Dropdown";
import { asRule, type Calculated, type Named } from "./address";
import { wallOf } from "./zoned";

interface Props {
  series: readonly Named[];
  calculated: readonly Calculated[];
  devices: readonly Device[];
  span: Span;
  zone: string;
}

/** What is shown as the beginning of something that stays: a report, or an alarm rule. */
export function UseMenu({ series, calculated, devices, span, zone }: Props) {
  const { t } = useTexts();
  const mayConfigure = useRights().somewhere("configure");
  const [first] = series;
  const formula = calculated.map((one) => asRule(one.formula, series)).find((one) => one !== null);
  const sites = new Set(devices.map(({ site_id }) => site_id));
  const day = (at: number) => wallOf(at, zone).slice(0, 10);
  const { from, to } = shownOf(span, live.clock);
  const report = {
    devices: [...new Set(series.map(({ device }) => device))].join(","),
    channels: [...new Set(series.map(({ channel }) => channel))].join(","),
    from: day(from),
    to: day(to),
    ...(sites.size === 1 ? { site: [...sites][0] } : {}),
  };
  const rule = formula ?? (first === undefined ? {} : { device: first.device, channel: first.channel });
  return (
    <Dropdown label={t("explore.use")}>
      {(close) => (
        <>
          <Link to="/reports" search={report} className="dropdown-item" onClick={close}>
            {t("explore.asReport")}
          </Link>
          {mayConfigure && (
            <Link to="/alarms/rules/$id" params={{ id: "new" }} search={rule} className="dropdown-item" onClick={close}>
              {t("explore.asRule")}
            </Link>
          )}
        </>
      )}
    </Dropdown>
  );
}
