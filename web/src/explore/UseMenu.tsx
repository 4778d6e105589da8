import { Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import type { Device } from "../api/client";
import { type Calculated, narrowed } from "../chart/formulas";
import { shownOf, type Span } from "../chart/range";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { useRights } from "../session/session";
import { Dropdown, DropdownItem } from "../ui/Dropdown";
import { asRule } from "./address";
import { asBoard, type Known, presetFor } from "./asBoard";
import type { Explored } from "./useExplored";
import { wallOf } from "./zoned";

const NewBoard = lazy(async () => ({ default: (await import("../dashboards/NewBoard")).NewBoard }));

interface Props {
  chosen: readonly Explored[];
  calculated: readonly Calculated[];
  devices: readonly Device[];
  span: Span;
  zone: string;
}

/** What is shown as the beginning of something that stays: a dashboard, a report, or an alarm rule. */
export function UseMenu({ chosen: series, calculated, devices, span, zone }: Props) {
  const { t } = useTexts();
  const mayConfigure = useRights().somewhere("configure");
  const navigate = useNavigate();
  const [keeps, keep] = useState(false);
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
  const known = series.filter((one): one is Explored & Known => one.found !== undefined);
  const reckoned = calculated.flatMap((one) => {
    const over = narrowed(one.formula, series);
    return over === null || over.series.some((input) => !known.includes(input as Explored & Known)) ? [] : [{ ...one, formula: over.formula, inputs: over.series as Known[] }];
  });
  const open = (id: number) => {
    keep(false);
    void navigate({ to: "/dashboards/$id", params: { id: String(id) }, search: { edit: true } });
  };
  const board = { name: known[0]?.title ?? "", site: devices[0]?.site_id ?? 0, document: asBoard(known, reckoned, presetFor(to - from)) };
  return (
    <>
    <Dropdown label={t("explore.use")}>
      {(close) => (
        <>
          {mayConfigure && (
            <DropdownItem act={() => keep(true)} close={close} isWaiting={known.length === 0}>
              {t("explore.asBoard")}
            </DropdownItem>
          )}
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
      {keeps && (
        <Suspense>
          <NewBoard carried={null} begin={board} close={() => keep(false)} made={open} />
        </Suspense>
      )}
    </>
  );
}
