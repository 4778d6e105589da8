import { useElementSize, useMediaQuery, useMergedRef } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useMemo, useState } from "react";
import type { Device } from "../api/client";
import { useTexts } from "../i18n";
import { live, useWatch } from "../live/hooks";
import { useAskedBeforePrinting, usePrintedAt, widthOnPaper } from "../ui/printing";
import { DeviceRow } from "./DeviceRow";
import { bySite, type Row } from "./groups";
import { useOwnDevices } from "./own";

const VALUE_PX = 128;
const CARD_COLUMNS = 2; // with three, a number of seven digits has no room
const CARD_CHANNELS = 4;
// As the styles make them. What is drawn is measured as well, so that a long value may take a second line and is never cut; but
// a line of another height than this costs a second drawing of all.
const ROW_PX = 70;
const SITE_PX = 38;
const CARD_PX = 64;
const CARD_LINE_PX = 54;
const OVERSCAN = 3; // lines above and below the screen: each costs a phone some milliseconds
const MOST_PRINTED = 1_000; // lines: more than anybody reads on paper
const BESIDE_VALUES_PX = 340; // name, presence and the space between

interface Props {
  devices: readonly Device[];
  /** Whether there are no others. */
  isWhole: boolean;
  /** Keys of the devices that are ticked, while devices can be. */
  chosen?: ReadonlySet<string>;
  toggle?: (key: string) => void;
}

/** Devices under their sites. Only what is on screen is drawn and listened to. */
export function DeviceList({ devices, isWhole, chosen, toggle }: Props) {
  const isPhone = useMediaQuery("(max-width: 700px)", undefined, { getInitialValueInEffect: false });
  const { ref, width } = useElementSize<HTMLDivElement>();
  const [element, setElement] = useState<HTMLDivElement | null>(null);
  const place = useMergedRef(ref, setElement);
  const scrollMargin = element?.offsetTop ?? 0;
  const lines = useMemo(() => bySite(devices), [devices]);
  const own = useOwnDevices().data?.items;
  const ownNames = useMemo(() => new Map(own?.map(({ key, name }) => [key, name])), [own]);
  const navigate = useNavigate();
  const open = useCallback((key: string) => void navigate({ to: "/devices/$key", params: { key } }), [navigate]);
  const isPrinted = usePrintedAt() !== null;
  const printed = useMemo(() => lines.slice(0, MOST_PRINTED), [lines]);
  useAskedBeforePrinting(() => live.ask(keysOf(printed)));
  const wide = isPrinted ? widthOnPaper(1, 1, false) : width;
  const shown = isPhone ? CARD_CHANNELS : Math.max(1, Math.floor((wide - BESIDE_VALUES_PX) / VALUE_PX));
  const heightOf = useCallback((index: number) => heightOfLine(lines[index], isPhone), [lines, isPhone]);
  const keyOf = useCallback((index: number) => lines[index]?.key ?? index, [lines]);
  const rows = useWindowVirtualizer({ count: lines.length, estimateSize: heightOf, getItemKey: keyOf, overscan: OVERSCAN, scrollMargin });
  const visible = isPrinted ? printed.map((_, index) => ({ index, start: 0 })) : rows.getVirtualItems();
  useWatch(keysOf(visible.flatMap(({ index }) => lines[index] ?? [])));
  if (devices.length === 0) return null;
  return (
    <>
      {isPrinted && <OnPaper devices={keysOf(printed)} of={devices.length} isWhole={isWhole} />}
      <div
        ref={place}
        className="panel device-list"
        style={{ ...(isPrinted ? {} : { height: rows.getTotalSize() + 2 }), "--columns": isPhone ? CARD_COLUMNS : shown } as React.CSSProperties}
      >
        {visible.map(({ index, start }) => {
          const line = lines[index];
          if (line === undefined) return null;
          return (
            <div key={line.key} {...(isPrinted ? {} : { ref: rows.measureElement })} data-index={index} className="device-line" style={isPrinted ? { position: "static" } : { transform: `translateY(${start - scrollMargin}px)` }}>
              {line.kind === "device" ? (
                <DeviceRow device={line.device} ownName={ownNames.get(line.device.key)} shown={shown} open={open} {...(toggle === undefined ? {} : { isChosen: chosen?.has(line.device.key) === true, toggle })} />
              ) : (
                <h2 className="site-line">
                  {line.path.join(" › ")} <span className="quiet number">{line.count}</span>
                </h2>
              )}
            </div>
          );
        })}
      </div>
    </>
  );
}

function keysOf(lines: readonly Row[]): string[] {
  return lines.flatMap((line) => (line.kind === "device" ? [line.key] : []));
}

/** What is not on the paper, and how it would be: the devices beyond those that are printed, and values that were not asked for. */
function OnPaper({ devices, of, isWhole }: { devices: readonly string[]; of: number; isWhole: boolean }) {
  const { t, language } = useTexts();
  const unknown = devices.filter((key) => !live.isKnown(key)).length;
  const number = new Intl.NumberFormat(language);
  return (
    <>
      {devices.length < of && <p className="printed">{t("devices.printedCut", { n: number.format(devices.length), m: number.format(of) })}</p>}
      {!isWhole && <p className="printed">{t("devices.printedEarly", { n: number.format(of) })}</p>}
      {unknown > 0 && <p className="printed">{t("devices.printedUnknown", { n: number.format(unknown) })}</p>}
    </>
  );
}

function heightOfLine(line: Row | undefined, isPhone: boolean): number {
  if (line?.kind !== "device") return SITE_PX;
  if (!isPhone) return ROW_PX;
  return CARD_PX + CARD_LINE_PX * Math.ceil(Math.min(CARD_CHANNELS, Math.max(1, line.device.channels.length)) / CARD_COLUMNS);
}
