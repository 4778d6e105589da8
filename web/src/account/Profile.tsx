import { PasswordInput, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Person, take } from "../api/client";
import { useTexts } from "../i18n";
import { bodyOf, dataOf, PersonFields } from "../people/PersonFields";
import { sessionQuery } from "../session/session";
import { Submit, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";

export function Profile({ person }: { person: Person }) {
  const { t, setLanguage } = useTexts();
  const queries = useQueryClient();
  const [data, setData] = useState(dataOf(person));
  const [password, setPassword] = useState("");
  const isMoving = data.email.trim().toLowerCase() !== (person.email ?? "");
  const save = useMutation({
    mutationFn: () => take(api.PATCH("/api/v1/account", { body: { ...bodyOf(data), ...(isMoving ? { password } : {}) } })),
    onSuccess: async (saved) => {
      setLanguage(data.language);
      setPassword("");
      setData(dataOf(saved));
      await queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
      notifications.show(saved.confirm ? { message: t("account.confirm", { email: saved.confirm }), autoClose: false } : { message: t("account.saved") });
    },
  });
  return (
    <Section title={t("account.profile")}>
      <form onSubmit={submitting(save.mutate)}>
        <Stack gap="sm">
          <div className="two-columns">
            <PersonFields value={data} onChange={setData} isOwn />
            {isMoving && (
              <PasswordInput
                label={t("account.oldPassword")}
                description={t("account.moving")}
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
                required
                maxLength={200}
                autoComplete="current-password"
                visibilityToggleButtonProps={{ "aria-label": t("password.show") }}
              />
            )}
          </div>
          <Submit change={save}>{t("common.save")}</Submit>
        </Stack>
      </form>
    </Section>
  );
}
