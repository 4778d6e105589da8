import { Text } from "@mantine/core";
import type { ReactNode } from "react";

/** The inside of a widget: what it shows below its title. */
export function Frame({ title, note, children, stale = false }: { title: string; note?: ReactNode; children: ReactNode; stale?: boolean }) {
  return (
    <div className={stale ? "widget-inside stale" : "widget-inside"}>
      {title !== "" && (
        <div className="widget-title">
          <span className="cut" title={title}>
            {title}
          </span>
          {note !== undefined && <span className="quiet widget-note">{note}</span>}
        </div>
      )}
      {children}
    </div>
  );
}

/** What stands in a widget that has nothing to show. */
export function Nothing({ children }: { children: ReactNode }) {
  return (
    <Text size="sm" className="quiet widget-nothing">
      {children}
    </Text>
  );
}
