/** What a device's page shows first, so that it can be asked for before the page is drawn. */

import { queryOptions } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { queries } from "../api/queries";
import { sessionQuery } from "../session/session";

export const statusQuery = queryOptions({ queryKey: ["status"], queryFn: () => take(api.GET("/api/v1/status")) });

export const deviceQuery = (key: string) => queryOptions({ queryKey: ["device", key], queryFn: () => take(api.GET("/api/v1/devices/{key}", { params: { path: { key } } })) });

/** Whether it has ever spoken. If not, its page says how to connect it, for which the server's state has to be known. */
export const storedQuery = (key: string) =>
  queryOptions({
    queryKey: ["latest", key],
    queryFn: async ({ client }) => {
      const found = await take(api.GET("/api/v1/latest", { params: { query: { device: key, limit: 1 } } }));
      if (found.items.length === 0) client.query(statusQuery).catch(() => undefined); // the page asks again
      return found;
    },
  });

/** Ask for it, if anybody has signed in. Nobody waits here: the page itself shows what comes, or that it does not. */
export function askAhead(key: string): void {
  const ask = async () => (await queries.query(sessionQuery)) !== null && (await Promise.all([queries.query(deviceQuery(key)), queries.query(storedQuery(key))]));
  ask().catch(() => undefined);
}
