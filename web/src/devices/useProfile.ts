import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";

/** The kind of a device: its names, and what it can be told to do. */
export function useProfile(name: string) {
  return useQuery({ queryKey: ["profile", name], queryFn: () => take(api.GET("/api/v1/profiles/{name}", { params: { path: { name } } })), staleTime: 60_000 });
}
