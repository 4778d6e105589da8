import { Alert, Button, PasswordInput, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { CodeField } from "../session/CodeField";
import { sessionQuery } from "../session/session";
import { Code } from "../ui/Code";
import { focusFirst } from "../ui/focus";
import { Mark } from "../ui/Mark";
import { Refusal, Submit, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";
import { RecoveryCodes } from "./RecoveryCodes";

/** A code from the phone beside the password: switch it on, keep the recovery codes, switch it off. */
export function SecondFactor({ isOn, hasPassword }: { isOn: boolean; hasPassword: boolean }) {
  const { t } = useTexts();
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const queries = useQueryClient();
  const refresh = () => void queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
  if (codes !== null) {
    return (
      <Section title={t("factor.title")}>
        <RecoveryCodes codes={codes} done={() => setCodes(null)} />
      </Section>
    );
  }
  return (
    <Section title={t("factor.title")} text={t("factor.text")}>
      <Text size="sm" mb="sm" style={{ display: "flex", gap: 8, alignItems: "center" }}>
        <Mark kind={isOn ? "ok" : "quiet"} /> {t(isOn ? "factor.on" : "factor.off")}
      </Text>
      {isOn ? (
        <TurnOff done={refresh} />
      ) : (
        <TurnOn
          hasPassword={hasPassword}
          done={(made) => {
            setCodes(made);
            refresh();
          }}
        />
      )}
    </Section>
  );
}

function TurnOn({ hasPassword, done }: { hasPassword: boolean; done: (codes: readonly string[]) => void }) {
  const { t } = useTexts();
  const [code, setCode] = useState("");
  const [password, setPassword] = useState("");
  const begin = useMutation({ mutationFn: () => take(api.POST("/api/v1/account/second-factor")) });
  const confirm = useMutation({
    mutationFn: (key: string) => take(api.PUT("/api/v1/account/second-factor", { body: { key, code: code.trim(), ...(hasPassword ? { password } : {}) } })),
    onSuccess: ({ codes }) => done(codes),
  });
  if (begin.data === undefined) {
    return (
      <>
        <Refusal error={begin.error} />
        <Button onClick={() => begin.mutate()} loading={begin.isPending}>
          {t("factor.begin")}
        </Button>
      </>
    );
  }
  const { key, qr_svg: picture } = begin.data;
  return (
    <form onSubmit={submitting(() => confirm.mutate(key))}>
      <Stack gap="sm" maw={420}>
        <Text size="sm">{t("factor.scan")}</Text>
        <img className="qr" src={`data:image/svg+xml,${encodeURIComponent(picture)}`} alt={t("factor.qr")} width={200} height={200} />
        <Text size="sm">{t("factor.type")}</Text>
        <Code text={key.replace(/(.{4})(?=.)/g, "$1 ")} label={t("factor.key")} wrap />
        {hasPassword && <PresentPassword value={password} onChange={setPassword} />}
        <CodeField label={t("factor.first")} value={code} onChange={setCode} isNumeric />
        <Submit change={confirm}>{t("factor.confirm")}</Submit>
      </Stack>
    </form>
  );
}

function TurnOff({ done }: { done: () => void }) {
  const { t } = useTexts();
  const [asks, setAsks] = useState(false);
  const [password, setPassword] = useState("");
  const remove = useMutation({
    mutationFn: () => take(api.POST("/api/v1/account/second-factor/removal", { body: { password } })),
    onSuccess: () => {
      notifications.show({ message: t("factor.removed") });
      done();
    },
  });
  if (!asks) {
    return (
      <Button variant="default" onClick={() => setAsks(true)}>
        {t("factor.remove")}
      </Button>
    );
  }
  return (
    <form onSubmit={submitting(remove.mutate)}>
      <Stack gap="sm" maw={420}>
        <Alert color="orange" variant="light">
          {t("factor.removeAsk")}
        </Alert>
        <PresentPassword isFirst value={password} onChange={setPassword} />
        <Submit change={remove}>{t("factor.remove")}</Submit>
      </Stack>
    </form>
  );
}

function PresentPassword({ isFirst, value, onChange }: { isFirst?: boolean; value: string; onChange: (password: string) => void }) {
  const { t } = useTexts();
  return (
    <PasswordInput
      ref={isFirst ? focusFirst : undefined}
      label={t("account.oldPassword")}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      required
      autoComplete="current-password"
      visibilityToggleButtonProps={{ "aria-label": t("password.show") }}
    />
  );
}
