import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { foreignZone } from "../format";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";

/** The inside of a widget: what it shows below its title. */
export function Frame({ title, note, menu, children, stale = false }: { title: string; note?: ReactNode; menu?: ReactNode; children: ReactNode; stale?: boolean }) {
  return (
    <div className={stale ? "widget-inside stale" : "widget-inside"}>
      {title !== "" && (
        <div className="widget-title">
          <span className="cut" title={title}>
            {title}
          </span>
          {note !== undefined && <span className="quiet widget-note">{note}</span>}
          {menu}
        </div>
      )}
      {children}
    </div>
  );
}

/** Of which time a widget tells; with the zone of its hours, where the clock of who looks shows another. */
export function TimeNote({ text, zone }: { text: string; zone: string | undefined }) {
  const { language } = useTexts();
  const name = zone === undefined ? "" : foreignZone(live.clock, language, zone);
  return name === "" ? text : `${text} · ${name}`;
}

/** What stands in a widget that has nothing to show. */
export function Nothing({ children }: { children: ReactNode }) {
  return (
    <Text size="sm" className="quiet widget-nothing">
      {children}
    </Text>
  );
}
