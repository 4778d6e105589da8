import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Entry } from "./entries";

type Leading = Pick<Entry, "kind" | "what" | "about" | "channels" | "severity">;

/** Leads to where more is told: the alarm, the anomaly, the list of exceptions, the consumption; plain words where nothing is. */
export function EntryLink({ entry, device, children, label }: { entry: Leading; device: string; children: ReactNode; label?: string }) {
  const named = label === undefined ? {} : { "aria-label": label, title: label };
  const channel = entry.channels[0];
  if (entry.kind === "alarm")
    return (
      <Link {...named} className="plain-link" to="/alarms" search={{ id: Number(entry.about) }}>
        {children}
      </Link>
    );
  if (entry.kind === "anomaly")
    return (
      <Link {...named} className="plain-link" to="/anomalies" search={{ device, state: "all", id: Number(entry.about), ...(entry.severity === "info" ? { faint: true } : {}) }}>
        {children}
      </Link>
    );
  if (entry.kind === "validation" && !entry.what.startsWith("edit"))
    return (
      <Link {...named} className="plain-link" to="/exceptions" search={{ device }}>
        {children}
      </Link>
    );
  if ((entry.kind === "meter" || entry.kind === "validation") && channel !== undefined)
    return (
      <Link {...named} className="plain-link" to="/devices/$key/consumption" params={{ key: device }} search={{ channel }}>
        {children}
      </Link>
    );
  return children;
}
