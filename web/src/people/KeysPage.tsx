import { Badge, Button, Paper, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { useTime } from "../session/time";
import { live } from "../live/hooks";
import { PageTitle } from "../shell/Pages";
import { Confirm } from "../ui/Confirm";
import { Loaded } from "../ui/Loaded";
import { Refusal } from "../ui/Saving";
import { NewKey } from "./NewKey";
import { useRoleText } from "./RoleFields";

export function KeysPage() {
  const { t } = useTexts();
  const queries = useQueryClient();
  const roleText = useRoleText();
  const [makes, setMakes] = useState(false);
  const [doomed, doom] = useState<{ id: number; name: string } | null>(null);
  const keys = useQuery({ queryKey: ["keys"], queryFn: () => take(api.GET("/api/v1/keys")) });
  const revoke = useMutation({
    mutationFn: (id: number) => take(api.DELETE("/api/v1/keys/{key_id}", { params: { path: { key_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["keys"] }),
  });
  const time = useTime();
  return (
    <>
      <PageTitle title={t("nav.keys")}>
        <Button onClick={() => setMakes(true)}>{t("keys.new")}</Button>
      </PageTitle>
      <Text mb="md">
        {t("keys.text")} <a href="/api/docs" className="plain-link">{t("user.apiDocs")}</a>
      </Text>
      <Refusal error={revoke.error} />
      <Loaded query={keys} height={120}>
        {({ items }) =>
          items.length === 0 ? (
            <Text className="quiet">{t("keys.none")}</Text>
          ) : (
            <Paper className="panel" component="ul" m={0} p={0} style={{ listStyle: "none" }}>
              {items.map((one) => (
                <li key={one.id} className="person-line">
                  <div style={{ minWidth: 0 }}>
                    <b>{one.name}</b> {one.expires_at !== null && Date.parse(one.expires_at) < live.clock && <Badge color="gray" variant="outline">{t("keys.expired")}</Badge>}
                    <Text size="sm" className="quiet" ff="monospace">
                      {one.start}…
                    </Text>
                  </div>
                  <Text size="sm" component="div">
                    {roleText(one.role, one.site_id)}
                    <div className="quiet">{one.scopes.map((scope) => t(`scope.${scope}`)).join(", ")}</div>
                    <div className="quiet number">
                      {t("keys.made", { by: one.made_by, time: time(one.created_at) })} · {one.used_at === null ? t("keys.unused") : t("keys.used", { time: time(one.used_at) })}
                      {one.expires_at !== null && ` · ${t("keys.until", { time: time(one.expires_at) })}`}
                    </div>
                  </Text>
                  <Button size="compact-sm" variant="default" aria-label={`${t("keys.revoke")} ${one.name}`} onClick={() => doom(one)}>
                    {t("keys.revoke")}
                  </Button>
                </li>
              ))}
            </Paper>
          )
        }
      </Loaded>
      {makes && <NewKey close={() => setMakes(false)} />}
      <Confirm
        opened={doomed !== null}
        question={t("keys.revokeAsk", { name: doomed?.name ?? "" })}
        action={t("keys.revoke")}
        close={() => doom(null)}
        confirm={() => {
          if (doomed !== null) revoke.mutate(doomed.id);
        }}
      />
    </>
  );
}
