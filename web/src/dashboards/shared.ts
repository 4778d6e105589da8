/** The data of a dashboard for whoever holds a public link. The link goes in a header, so that it stands in no log. */

import { useQuery } from "@tanstack/react-query";
import { api, take, type Readings } from "../api/client";
import type { Channel } from "../api/client";
import type { Source } from "./source";
import type { SharedDashboard } from "./types";

const header = (link: string) => ({ "X-Calha-Link": link });

export function sharedBoard(link: string): Promise<SharedDashboard> {
  return take(api.GET("/api/v1/shared/dashboard", { params: { header: header(link) } }));
}

export function sharedNow(link: string) {
  return take(api.GET("/api/v1/shared/now", { params: { header: header(link) } }));
}

export function sharedSource(link: string, { devices, sites }: SharedDashboard): Source {
  return {
    key: `shared ${link.slice(-8)}`,
    isPublic: true,
    device: (key) => {
      const found = devices.find((one) => one.key === key);
      return found === undefined ? Promise.reject(new Error(`${key} is not shown`)) : Promise.resolve(found);
    },
    plant: () => Promise.resolve({ sites, devices, isCut: false }),
    placed: () => Promise.resolve({ sites, devices, isCut: false }),
    history: (device, channels, { from, to, points, resolution }) => historyOf(link, device, channels, { from: String(from), to: String(to), points, ...(resolution === undefined ? {} : { resolution }) }),
    calculated: ({ widget, place }, { from, to, points }) => take(api.GET("/api/v1/shared/calculated", { params: { header: header(link), query: { widget, place, from: String(from), to: String(to), points } } })),
    file: async (id) => {
      const answer = await fetch(`/api/v1/shared/files/${id}`, { headers: header(link) });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      return answer.blob();
    },
    useAlarms: () => {
      const { data, error } = useQuery({ queryKey: ["shared", link, "now"], queryFn: () => sharedNow(link), staleTime: Infinity });
      return { alarms: data?.alarms, error };
    },
  };
}

async function historyOf(link: string, device: string, channels: readonly Channel[], window: { from: string; to: string; points: number; resolution?: string }): Promise<Readings> {
  const found = await Promise.all(channels.map(({ key }) => take(api.GET("/api/v1/shared/readings", { params: { header: header(link), query: { device, channel: key, ...window } } }))));
  const first = found[0];
  if (first === undefined) throw new Error("no channel is asked for");
  return { ...first, series: found.flatMap(({ series }) => series) };
}
