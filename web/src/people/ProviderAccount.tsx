import { Button, Group, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Person, take } from "../api/client";
import { useTexts } from "../i18n";
import { Confirm } from "../ui/Confirm";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";

/** With which account of the provider somebody signs in; nothing where none is linked. */
export function ProviderAccount({ person }: { person: Person }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [asks, setAsks] = useState(false);
  const params = { path: { person_id: person.id } };
  const key = ["person-identities", person.id];
  const linked = useQuery({ queryKey: key, queryFn: () => take(api.GET("/api/v1/people/{person_id}/identities", { params })) });
  const unlink = useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/people/{person_id}/identities", { params })),
    onSuccess: () => queries.invalidateQueries({ queryKey: key }),
  });
  const accounts = linked.data?.items ?? [];
  if (accounts.length === 0 && !linked.isError) return null;
  return (
    <Section title={t("identity.title")} text={t("identity.text")}>
      <Refusal error={linked.error ?? unlink.error} />
      {accounts.map((one) => (
        <Text key={`${one.issuer} ${one.subject}`} style={{ overflowWrap: "anywhere" }}>
          {one.subject}{" "}
          <Text span c="dimmed">
            {one.issuer}
          </Text>
        </Text>
      ))}
      <Group mt="xs">
        <Button variant="default" loading={unlink.isPending} onClick={() => setAsks(true)}>
          {t("identity.unlink")}
        </Button>
      </Group>
      <Confirm opened={asks} question={t("identity.ask", { name: person.name })} action={t("identity.unlink")} close={() => setAsks(false)} confirm={unlink.mutate} />
    </Section>
  );
}
