import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { api, type Device, take } from "../api/client";
import { later } from "../ui/later";

const Machine = later(async () => (await import("./Machine")).Machine);
const Cleanings = later(async () => (await import("./Cleanings")).Cleanings);
const Supply = later(async () => (await import("./Supply")).Supply);
const Water = later(async () => (await import("./Water")).Water);

/** What the profile of a device lets it be judged by, a section each; nothing where it says nothing. */
export function Analyses({ device }: { device: Device }) {
  const declared = useQuery({
    queryKey: ["analyses", device.key, device.profile],
    queryFn: () => take(api.GET("/api/v1/devices/{key}/analyses", { params: { path: { key: device.key } } })),
    staleTime: 60_000,
  });
  const names = declared.data?.analyses ?? [];
  return (
    <Suspense>
      {names.includes("cleaning") && <Cleanings device={device} />}
      {names.includes("machine") && <Machine device={device} />}
      {names.includes("supply") && <Supply device={device} />}
      {names.includes("water") && <Water device={device} />}
    </Suspense>
  );
}
