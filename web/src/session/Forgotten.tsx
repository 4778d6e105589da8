import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { focusFirst } from "../ui/focus";
import { Refusal, submitting } from "../ui/Saving";

/** Asks for a link by e-mail. Whether there is such an account is told to nobody but its person. */
export function Forgotten({ back }: { back: () => void }) {
  const { t } = useTexts();
  const [login, setLogin] = useState("");
  const ask = useMutation({ mutationFn: () => take(api.POST("/api/v1/passwords/forgotten", { body: { login } })) });
  if (ask.isSuccess) {
    return (
      <Stack gap="md" align="start">
        <Text role="status">{t("forgotten.sent", { login })}</Text>
        <Button variant="default" onClick={back}>
          {t("forgotten.back")}
        </Button>
      </Stack>
    );
  }
  return (
    <form onSubmit={submitting(ask.mutate)}>
      <Stack gap="sm">
        <Text size="sm">{t("forgotten.text")}</Text>
        <TextInput label={t("signIn.login")} value={login} onChange={(event) => setLogin(event.currentTarget.value)} required maxLength={254} autoComplete="username" autoCapitalize="none" spellCheck={false} ref={focusFirst} />
        <Refusal error={ask.error} />
        <Button type="submit" loading={ask.isPending}>
          {t("forgotten.send")}
        </Button>
        <Button variant="subtle" onClick={back}>
          {t("forgotten.back")}
        </Button>
      </Stack>
    </form>
  );
}
