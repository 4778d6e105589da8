import { PasswordInput, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Person, take } from "../api/client";
import { useTexts } from "../i18n";
import { NewPassword } from "../session/NewPassword";
import { Submit, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";

export function OwnPassword({ person }: { person: Person }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [old, setOld] = useState("");
  const [chosen, setChosen] = useState("");
  const change = useMutation({
    mutationFn: () => take(api.PUT("/api/v1/account/password", { body: { old, new: chosen } })),
    onSuccess: async () => {
      setOld("");
      setChosen("");
      notifications.show({ message: t("account.passwordChanged") });
      await queries.invalidateQueries({ queryKey: ["sessions"] });
    },
  });
  return (
    <Section title={t("signIn.password")} text={t("account.passwordText")}>
      <form onSubmit={submitting(change.mutate)}>
        <input type="text" name="username" autoComplete="username" value={person.email ?? person.user_name ?? ""} readOnly hidden />
        <Stack gap="sm" maw={420}>
          <PasswordInput
            label={t("account.oldPassword")}
            value={old}
            onChange={(event) => setOld(event.currentTarget.value)}
            required
            maxLength={200}
            autoComplete="current-password"
            visibilityToggleButtonProps={{ "aria-label": t("password.show") }}
          />
          <NewPassword label={t("password.new")} value={chosen} onChange={setChosen} words={[person.name, person.email ?? "", person.user_name ?? ""]} />
          <Submit change={change}>{t("account.changePassword")}</Submit>
        </Stack>
      </form>
    </Section>
  );
}
