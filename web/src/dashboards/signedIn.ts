import { api, type Readings, take } from "../api/client";
import { useAlarms } from "../alarms/useAlarms";
import { send } from "../api/http";
import { queries } from "../api/queries";
import { narrowed } from "../chart/formulas";
import { sitesQuery } from "../sites/queries";
import { below } from "./plants";
import type { PlantSite, Source } from "./source";

const MOST_DRAWN = 200;

/** The data of a dashboard for somebody who is signed in: he sees what his own roles reach, whoever made the dashboard. */
export function sourceOf(dashboard: number | null): Source {
  return {
    key: dashboard === null ? "ready" : String(dashboard),
    isPublic: false,
    device: (key) => take(api.GET("/api/v1/devices/{key}", { params: { path: { key } } })),
    plant: async (site) => {
      const [sites, devices] = await Promise.all([queries.query(sitesQuery), take(api.GET("/api/v1/devices", { params: { query: { site, limit: MOST_DRAWN } } }))]);
      return { sites: sites.items, devices: devices.items, isCut: devices.next !== null && devices.next !== undefined };
    },
    placed: async (site) => {
      const query = { placed: true, limit: MOST_DRAWN, ...(site === null ? {} : { site }) };
      const [sites, devices] = await Promise.all([queries.query(sitesQuery), take(api.GET("/api/v1/devices", { params: { query } }))]);
      return { sites: sitesWithin(sites.items, site), devices: devices.items, isCut: devices.next !== null && devices.next !== undefined };
    },
    history: async (device, channels, { from, to, points, resolution }) => {
      const isState = channels.every(({ kind }) => kind === "state");
      const query = { channel: channels.map(({ key }) => key).join(","), from: String(from), to: String(to), ...(resolution === undefined ? { points } : { resolution }), ...(isState ? { agg: "last" as const } : {}) };
      return (await take(api.GET("/api/v1/devices/{key}/readings", { params: { path: { key: device }, query }, headers: { accept: "application/json" } }))) as Readings;
    },
    // Only of the series that a formula names: of the others one may see none.
    calculated: async ({ formula, series }, { from, to, points }) => {
      const over = narrowed(formula, series) ?? { formula, series };
      return take(api.GET("/api/v1/calculated", { params: { query: { formula: over.formula, series: over.series.map(({ device, channel }) => `${device}/${channel}`), from: String(from), to: String(to), points } } }));
    },
    file: async (id) => {
      if (dashboard === null) throw new Error("a ready-made dashboard has no files");
      const answer = await send(new Request(`/api/v1/dashboards/${dashboard}/files/${id}`));
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      return answer.blob();
    },
    useAlarms: () => {
      const { data, error } = useAlarms();
      return { alarms: data, error };
    },
  };
}

function sitesWithin<S extends PlantSite>(sites: readonly S[], root: number | null): readonly S[] {
  if (root === null) return sites;
  const within = below(sites, root);
  return sites.filter(({ id }) => within.has(id));
}
