import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { deviceQuery } from "../devices/queries";
import { useRights } from "../session/session";

/** What only he may use who may change the device; of an unknown device, who may change them all. */
export function IfConfigurable({ device, children }: { device: string; children: ReactNode }) {
  const rights = useRights();
  const isDecided = rights.on("configure", null) || !rights.somewhere("configure") || device === "";
  const found = useQuery({ ...deviceQuery(device), enabled: !isDecided });
  const site = isDecided ? null : (found.data?.site_id ?? null);
  return rights.on("configure", site) ? children : null;
}
