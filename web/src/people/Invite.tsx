import { Modal, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { type Language, useTexts } from "../i18n";
import { Submit, submitting } from "../ui/Saving";
import { OneTimeLink } from "./OneTimeLink";
import { type RoleAt, RoleFields } from "./RoleFields";

export function Invite({ close }: { close: () => void }) {
  const { t, language } = useTexts();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [userName, setUserName] = useState("");
  const [spoken, setSpoken] = useState<Language>(language);
  const [role, setRole] = useState<RoleAt>({ role: "viewer", site: null });
  const invite = useMutation({
    mutationFn: () => {
      const login = { ...(email === "" ? {} : { email }), ...(userName === "" ? {} : { user_name: userName }) };
      return take(api.POST("/api/v1/people", { body: { name, ...login, language: spoken, grants: [{ role: role.role, site_id: role.site }] } }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["people"] }),
  });
  return (
    <Modal opened onClose={close} title={t("people.invite")} size="lg" closeButtonProps={{ "aria-label": t("common.cancel") }}>
      {invite.data !== undefined ? (
        <OneTimeLink link={invite.data.link} name={invite.data.person.name} done={close} />
      ) : (
        <form onSubmit={submitting(invite.mutate)}>
          <Stack gap="sm">
            <TextInput label={t("person.name")} value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={100} data-autofocus />
            <TextInput label={t("person.email")} type="email" value={email} onChange={(event) => setEmail(event.currentTarget.value)} required={userName === ""} withAsterisk={false} description={t("setUp.login")} maxLength={254} />
            <TextInput
              label={t("person.userName")}
              description={t("person.userNameHint")}
              value={userName}
              onChange={(event) => setUserName(event.currentTarget.value)}
              required={email === ""} withAsterisk={false}
              pattern="[A-Za-z0-9_.\-]{2,64}"
            />
            <NativeSelect
              label={t("language.label")}
              value={spoken}
              onChange={(event) => setSpoken(event.currentTarget.value as Language)}
              data={[
                { value: "pt-BR", label: "Português (Brasil)" },
                { value: "en", label: "English" },
              ]}
            />
            <RoleFields value={role} onChange={setRole} />
            <Submit change={invite}>{t("invite.make")}</Submit>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
