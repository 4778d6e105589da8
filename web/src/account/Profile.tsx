import { NativeSelect, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Person, take } from "../api/client";
import { type Language, useTexts } from "../i18n";
import { sessionQuery } from "../session/session";
import { Submit, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";

export function Profile({ person }: { person: Person }) {
  const { t, setLanguage } = useTexts();
  const queries = useQueryClient();
  const [name, setName] = useState(person.name);
  const [email, setEmail] = useState(person.email ?? "");
  const [userName, setUserName] = useState(person.user_name ?? "");
  const [spoken, setSpoken] = useState(person.language as Language);
  const save = useMutation({
    mutationFn: () =>
      take(api.PATCH("/api/v1/account", { body: { name, email: email === "" ? null : email, user_name: userName === "" ? null : userName, language: spoken } })),
    onSuccess: async () => {
      setLanguage(spoken);
      await queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
      notifications.show({ message: t("account.saved") });
    },
  });
  return (
    <Section title={t("account.profile")}>
      <form onSubmit={submitting(save.mutate)}>
        <Stack gap="sm">
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
            <TextInput label={t("person.name")} value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={100} autoComplete="name" />
            <NativeSelect
              label={t("language.label")}
              value={spoken}
              onChange={(event) => setSpoken(event.currentTarget.value as Language)}
              data={[
                { value: "pt-BR", label: "Português (Brasil)" },
                { value: "en", label: "English" },
              ]}
            />
            <TextInput label={t("person.email")} type="email" value={email} onChange={(event) => setEmail(event.currentTarget.value)} required={userName === ""} withAsterisk={false} maxLength={254} autoComplete="email" />
            <TextInput label={t("person.userName")} value={userName} onChange={(event) => setUserName(event.currentTarget.value)} required={email === ""} withAsterisk={false} pattern="[A-Za-z0-9_.\-]{2,64}" autoComplete="username" />
          </SimpleGrid>
          <Submit change={save}>{t("common.save")}</Submit>
        </Stack>
      </form>
    </Section>
  );
}
