import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { useMe } from "../session/session";

export type OwnDevice = components["schemas"]["OwnDevice"];

/** The devices that the person has claimed. */
export function useOwnDevices() {
  const me = useMe();
  return useQuery({ queryKey: ["own-devices"], queryFn: () => take(api.GET("/api/v1/account/devices")), enabled: me.person !== null && me.owns_devices });
}

/** The same device as its owner knows it; undefined when it is not the person's own. */
export function useOwnDevice(key: string): OwnDevice | undefined {
  return useOwnDevices().data?.items.find((one) => one.key === key);
}
