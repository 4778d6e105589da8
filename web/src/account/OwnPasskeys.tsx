import { Button, Group, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { canUsePasskeys, makePasskey } from "../session/passkey";
import { useMe } from "../session/session";
import { Confirm } from "../ui/Confirm";
import { Loaded } from "../ui/Loaded";
import { Refusal, Submit, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";

export function OwnPasskeys() {
  const { t, language } = useTexts();
  const queries = useQueryClient();
  const [doomed, doom] = useState<{ id: number; name: string } | null>(null);
  const passkeys = useQuery({ queryKey: ["passkeys"], queryFn: () => take(api.GET("/api/v1/account/passkeys")) });
  const remove = useMutation({
    mutationFn: (id: number) => take(api.DELETE("/api/v1/account/passkeys/{passkey_id}", { params: { path: { passkey_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["passkeys"] }),
  });
  return (
    <Section title={t("passkeys.title")} text={t("passkeys.text")}>
      <Stack gap="sm">
        <Loaded query={passkeys} height={40}>
          {({ items }) => (
            <div>
              {items.length === 0 && <Text size="sm">{t("passkeys.none")}</Text>}
              {items.map((one) => (
                <Group key={one.id} justify="space-between" className="list-line">
                  <div>
                    <Text fw={600}>{one.name}</Text>
                    <Text size="xs" className="quiet">
                      {t("passkeys.made", { time: formatTime(one.created_at, language) })}
                      {one.used_at !== null && ` · ${t("passkeys.used", { time: formatTime(one.used_at, language) })}`}
                    </Text>
                  </div>
                  <Button size="compact-sm" variant="default" aria-label={`${t("common.remove")} ${one.name}`} onClick={() => doom(one)}>
                    {t("common.remove")}
                  </Button>
                </Group>
              ))}
            </div>
          )}
        </Loaded>
        <Refusal error={remove.error} />
        {canUsePasskeys() ? <AddPasskey /> : <Text size="sm" className="quiet">{t("passkeys.cannot")}</Text>}
      </Stack>
      <Confirm
        opened={doomed !== null}
        question={t("passkeys.removeAsk", { name: doomed?.name ?? "" })}
        action={t("common.remove")}
        close={() => doom(null)}
        confirm={() => {
          if (doomed !== null) remove.mutate(doomed.id);
        }}
      />
    </Section>
  );
}

function AddPasskey() {
  const { t } = useTexts();
  const queries = useQueryClient();
  const hasPassword = useMe().person?.has_password === true;
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const add = useMutation({
    mutationFn: async () => {
      const { ticket, options } = await take(api.POST("/api/v1/account/passkeys/options", { body: hasPassword ? { password } : {} }));
      const credential = await makePasskey(options);
      if (credential === null) return false;
      await take(api.POST("/api/v1/account/passkeys", { body: { ticket, credential, name } }));
      return true;
    },
    onSuccess: async (isMade) => {
      if (!isMade) return;
      setName("");
      setPassword("");
      notifications.show({ message: t("passkeys.added") });
      await queries.invalidateQueries({ queryKey: ["passkeys"] });
    },
  });
  return (
    <form onSubmit={submitting(add.mutate)}>
      <Stack gap="sm" maw={420}>
        <TextInput label={t("passkeys.name")} placeholder={t("passkeys.example")} value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={100} />
        {hasPassword && (
          <PasswordInput
            label={t("account.oldPassword")}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            required
            maxLength={200}
            autoComplete="current-password"
            visibilityToggleButtonProps={{ "aria-label": t("password.show") }}
          />
        )}
        <Submit change={add}>{t("passkeys.add")}</Submit>
      </Stack>
    </form>
  );
}
