import { Badge, Button, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, type Person, take } from "../api/client";
import { useTexts } from "../i18n";
import { useMe } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { changedParts } from "../ui/changed";
import { Loaded } from "../ui/Loaded";
import { Submit, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";
import { PersonAccess } from "./PersonAccess";
import { bodyOf, dataOf, PersonFields } from "./PersonFields";
import { PersonRoles } from "./PersonRoles";
import { ProviderAccount } from "./ProviderAccount";

/** One person, as administrators see him. */
export function PersonPage() {
  const { t } = useTexts();
  const { id } = useParams({ from: "/people/$id" });
  const me = useMe();
  const person = useQuery({ queryKey: ["person", id], queryFn: () => take(api.GET("/api/v1/people/{person_id}", { params: { path: { person_id: Number(id) } } })) });
  return (
    <>
      <PageTitle title={person.data?.name ?? t("nav.people")}>
        {person.data !== undefined && person.data.state !== "active" && <Badge color="gray" variant="outline">{t(`person.${person.data.state}`)}</Badge>}
        <Button component={Link} to="/people" variant="default">
          {t("common.back")}
        </Button>
      </PageTitle>
      <Loaded query={person} height={300}>
        {(found) =>
          found.state === "anonymised" ? (
            <Text>{t("person.isAnonymised")}</Text>
          ) : (
            <Stack gap="md" maw={760}>
              <Details key={found.id} person={found} />
              <PersonRoles person={found} />
              <PersonAccess person={found} isMe={me.person?.id === found.id} />
              <ProviderAccount person={found} />
            </Stack>
          )
        }
      </Loaded>
    </>
  );
}

function Details({ person }: { person: Person }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [data, setData] = useState(dataOf(person));
  const [began, begin] = useState(data);
  const save = useMutation({
    mutationFn: () => take(api.PATCH("/api/v1/people/{person_id}", { params: { path: { person_id: person.id } }, body: changedParts(bodyOf(began), bodyOf(data)) })),
    onSuccess: (saved) => {
      begin(dataOf(saved));
      notifications.show({ message: t("account.saved") });
      return queries.invalidateQueries();
    },
  });
  return (
    <Section title={t("account.profile")}>
      <form onSubmit={submitting(save.mutate)}>
        <Stack gap="sm">
          <div className="two-columns">
            <PersonFields value={data} onChange={setData} />
          </div>
          <Submit change={save}>{t("common.save")}</Submit>
        </Stack>
      </form>
    </Section>
  );
}
