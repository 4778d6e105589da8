import { queryOptions } from "@tanstack/react-query";
import { api, take } from "../api/client";

const REFRESH_MS = 2_000;
const PAGE = 1_000;

export const connectionsQuery = queryOptions({
  queryKey: ["connections"],
  queryFn: () => take(api.GET("/api/v1/connections", { params: { query: { limit: 200 } } })),
  refetchInterval: REFRESH_MS,
});

export const connectionQuery = (id: number) =>
  queryOptions({
    queryKey: ["connections", id],
    queryFn: () => take(api.GET("/api/v1/connections/{connection_id}", { params: { path: { connection_id: id } } })),
    refetchInterval: REFRESH_MS,
  });

/** The first thousand nodes of a connection. */
export const nodesQuery = (id: number) =>
  queryOptions({
    queryKey: ["connections", id, "nodes"],
    queryFn: () => take(api.GET("/api/v1/connections/{connection_id}/nodes", { params: { path: { connection_id: id }, query: { limit: PAGE } } })),
    refetchInterval: REFRESH_MS,
  });
