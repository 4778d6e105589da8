import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { renew } from "../api/renew";
import type { components } from "../api/schema";

/** A pair of numbers comes as a list. */
type Listed<T> = Omit<T, "usual_l_s"> & { usual_l_s: readonly number[] };
export type Flume = Listed<components["schemas"]["FlumeAnswer"]>;
export type FlumeBody = components["schemas"]["FlumeBody"];
export type Throat = Listed<components["schemas"]["ThroatAnswer"]>;

export function useFlumes(device: string) {
  return useQuery({ queryKey: ["flumes", device], queryFn: () => take(api.GET("/api/v1/devices/{key}/flumes", { params: { path: { key: device } } })) });
}

/** The standard widths, which never change. */
export function useThroats() {
  return useQuery({ queryKey: ["flume-throats"], queryFn: () => take(api.GET("/api/v1/flume-throats")), staleTime: Number.POSITIVE_INFINITY });
}

export function useSetFlume(device: string) {
  const refresh = useRefresh(device);
  return useMutation({
    mutationFn: ({ channel, body }: { channel: string; body: FlumeBody }) => take(api.PUT("/api/v1/devices/{key}/flumes/{channel}", { params: { path: { key: device, channel } }, body })),
    onSuccess: refresh,
  });
}

export function useDeleteFlume(device: string) {
  const refresh = useRefresh(device);
  return useMutation({
    mutationFn: ({ channel, id }: Flume) => take(api.DELETE("/api/v1/devices/{key}/flumes/{channel}/{flume_id}", { params: { path: { key: device, channel, flume_id: id } } })),
    onSuccess: refresh,
  });
}

function useRefresh(device: string): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await renew(queries, ["flumes", device]);
    await renew(queries, ["device", device]);
    await renew(queries, ["meters", device]);
  };
}
