import { Badge, Button, Paper, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { formatNumber } from "../format";
import { useTexts } from "../i18n";
import { useTime } from "../session/time";
import { PageTitle } from "../shell/Pages";
import { sitesQuery } from "../sites/queries";
import { Confirm } from "../ui/Confirm";
import { Loaded } from "../ui/Loaded";
import { Refusal } from "../ui/Saving";
import { NewFleetKey } from "./NewFleetKey";

type FleetKey = components["schemas"]["ProvisioningKeyAnswer"];

/** Keys with which the devices of a fleet ask for a secret of their own. */
export function FleetsPage() {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [makes, setMakes] = useState(false);
  const [doomed, doom] = useState<FleetKey | null>(null);
  const keys = useQuery({ queryKey: ["provisioning-keys"], queryFn: () => take(api.GET("/api/v1/provisioning-keys")), refetchInterval: 5_000 });
  const revoke = useMutation({
    mutationFn: (id: number) => take(api.DELETE("/api/v1/provisioning-keys/{key_id}", { params: { path: { key_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["provisioning-keys"] }),
  });
  return (
    <>
      <PageTitle title={t("nav.fleets")}>
        <Button onClick={() => setMakes(true)}>{t("fleets.new")}</Button>
      </PageTitle>
      <Text mb="md" maw={760}>
        {t("fleets.text")}
      </Text>
      <Refusal error={revoke.error} />
      <Loaded query={keys} height={120}>
        {({ items }) =>
          items.length === 0 ? (
            <Text className="quiet">{t("fleets.none")}</Text>
          ) : (
            <Paper className="panel" component="ul" m={0} p={0} style={{ listStyle: "none" }}>
              {items.map((one) => (
                <FleetLine key={one.id} fleet={one} revoke={() => doom(one)} />
              ))}
            </Paper>
          )
        }
      </Loaded>
      {makes && <NewFleetKey close={() => setMakes(false)} />}
      <Confirm
        opened={doomed !== null}
        question={t("fleets.revokeAsk", { name: doomed?.name ?? "" })}
        action={t("keys.revoke")}
        close={() => doom(null)}
        confirm={() => {
          if (doomed !== null) revoke.mutate(doomed.id);
        }}
      />
    </>
  );
}

function FleetLine({ fleet, revoke }: { fleet: FleetKey; revoke: () => void }) {
  const { t, language } = useTexts();
  const sites = useQuery(sitesQuery);
  const site = sites.data?.items.find(({ id }) => id === fleet.site_id);
  const time = useTime();
  const number = (value: number) => formatNumber(value, 0, language);
  const state = fleet.revoked_at !== null ? "fleets.revoked" : fleet.holds ? (fleet.devices < fleet.most_devices ? null : "fleets.full") : "keys.expired";
  return (
    <li className="person-line">
      <div style={{ minWidth: 0 }}>
        <b>{fleet.name}</b>{" "}
        {state !== null && (
          <Badge color="gray" variant="outline">
            {t(state)}
          </Badge>
        )}
        <Text size="sm" className="quiet" ff="monospace">
          {fleet.start}…
        </Text>
      </div>
      <Text size="sm" component="div">
        <div className="number">{t("fleets.used", { used: number(fleet.devices), most: number(fleet.most_devices) })}</div>
        <progress className="used" value={fleet.devices} max={fleet.most_devices} aria-label={t("fleets.used", { used: number(fleet.devices), most: number(fleet.most_devices) })} />
        <div className="quiet">
          {fleet.profile} · {site?.path.join(" › ") ?? `#${fleet.site_id}`}
        </div>
        <div className="quiet number">
          {t("keys.made", { by: fleet.made_by, time: time(fleet.created_at) })}
          {fleet.expires_at !== null && ` · ${t("keys.until", { time: time(fleet.expires_at) })}`}
        </div>
      </Text>
      {fleet.holds && (
        <Button size="compact-sm" variant="default" aria-label={`${t("keys.revoke")} ${fleet.name}`} onClick={revoke}>
          {t("keys.revoke")}
        </Button>
      )}
    </li>
  );
}
