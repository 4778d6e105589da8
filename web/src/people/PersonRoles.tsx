import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Person, take } from "../api/client";
import { useTexts } from "../i18n";
import { Refusal, Submit, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";
import { type RoleAt, RoleFields, useRoleText } from "./RoleFields";

export function PersonRoles({ person }: { person: Person }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const roleText = useRoleText();
  const [added, setAdded] = useState<RoleAt>({ role: "viewer", site: null });
  const grants = person.grants ?? [];
  const path = { person_id: person.id };
  const refresh = () => queries.invalidateQueries();
  const grant = useMutation({
    mutationFn: () => take(api.POST("/api/v1/people/{person_id}/grants", { params: { path }, body: { role: added.role, site_id: added.site } })),
    onSuccess: refresh,
  });
  const revoke = useMutation({
    mutationFn: (id: number) => take(api.DELETE("/api/v1/people/{person_id}/grants/{grant_id}", { params: { path: { ...path, grant_id: id } } })),
    onSuccess: refresh,
  });
  return (
    <Section title={t("role.title")} text={t("role.text")}>
      <div>
        {grants.length === 0 && <Text size="sm">{t("role.none")}</Text>}
        {grants.map((one) => {
          const text = roleText(one.role, one.site_id);
          return (
            <Group key={one.id} justify="space-between" className="list-line">
              <Text size="sm">{text}</Text>
              <Button size="compact-sm" variant="default" loading={revoke.isPending} aria-label={`${t("common.remove")} ${text}`} onClick={() => revoke.mutate(one.id)}>
                {t("common.remove")}
              </Button>
            </Group>
          );
        })}
      </div>
      <Refusal error={revoke.error} />
      <form onSubmit={submitting(grant.mutate)}>
        <Stack gap="sm" mt="sm">
          <RoleFields value={added} onChange={setAdded} />
          <Submit change={grant}>{t("role.add")}</Submit>
        </Stack>
      </form>
    </Section>
  );
}
