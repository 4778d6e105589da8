import { Badge, Button, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, type Person, take } from "../api/client";
import { type Language, useTexts } from "../i18n";
import { useMe } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { Loaded } from "../ui/Loaded";
import { Submit, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";
import { PersonAccess } from "./PersonAccess";
import { PersonRoles } from "./PersonRoles";

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
  const [name, setName] = useState(person.name);
  const [email, setEmail] = useState(person.email ?? "");
  const [userName, setUserName] = useState(person.user_name ?? "");
  const [spoken, setSpoken] = useState(person.language as Language);
  const save = useMutation({
    mutationFn: () => {
      const body = { name, email: email === "" ? null : email, user_name: userName === "" ? null : userName, language: spoken };
      return take(api.PATCH("/api/v1/people/{person_id}", { params: { path: { person_id: person.id } }, body }));
    },
    onSuccess: () => {
      notifications.show({ message: t("account.saved") });
      return queries.invalidateQueries();
    },
  });
  return (
    <Section title={t("account.profile")}>
      <form onSubmit={submitting(save.mutate)}>
        <Stack gap="sm">
          <div className="two-columns">
            <TextInput label={t("person.name")} value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={100} />
            <NativeSelect
              label={t("language.label")}
              value={spoken}
              onChange={(event) => setSpoken(event.currentTarget.value as Language)}
              data={[
                { value: "pt-BR", label: "Português (Brasil)" },
                { value: "en", label: "English" },
              ]}
            />
            <TextInput label={t("person.email")} type="email" value={email} onChange={(event) => setEmail(event.currentTarget.value)} required={userName === ""} withAsterisk={false} maxLength={254} />
            <TextInput label={t("person.userName")} value={userName} onChange={(event) => setUserName(event.currentTarget.value)} required={email === ""} withAsterisk={false} pattern="[A-Za-z0-9_.\-]{2,64}" />
          </div>
          <Submit change={save}>{t("common.save")}</Submit>
        </Stack>
      </form>
    </Section>
  );
}
