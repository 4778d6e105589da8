import { Alert, Button, Divider, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type SubmitEvent, useEffect, useState } from "react";
import { api, type Me, Problem, take } from "../api/client";
import { useTexts } from "../i18n";
import { focusFirst } from "../ui/focus";
import { Refusal } from "../ui/Saving";
import { CodeField } from "./CodeField";
import { canUsePasskeys, provePasskey } from "./passkey";

/** Name and password, then the second factor where there is one; or a passkey. */
export function SignInForm({ initialLogin = "", done }: { initialLogin?: string; done: (me: Me) => void }) {
  const { t } = useTexts();
  const [login, setLogin] = useState(initialLogin);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [asksCode, setAsksCode] = useState(false);
  const [blockedUntil, setBlockedUntil] = useState(0);
  const wait = useSecondsUntil(blockedUntil);
  const signIn = useMutation({
    mutationFn: () => take(api.POST("/api/v1/session", { body: { login, password, ...(asksCode ? { code: code.trim() } : {}) } })),
    onSuccess: done,
    onError: (error) => {
      if (!(error instanceof Problem)) return;
      if (error.reason === "second_factor_required") setAsksCode(true);
      if (error.retryAfterS > 0) setBlockedUntil(Date.now() + error.retryAfterS * 1000);
      setCode("");
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  const isOnlyNext = signIn.error instanceof Problem && (signIn.error.reason === "second_factor_required" || signIn.error.status === 429);
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {asksCode ? (
          <>
            <Text size="sm">{t("signIn.codeFor", { login })}</Text>
            <CodeField label={t("signIn.code")} value={code} onChange={setCode} />
          </>
        ) : (
          <>
            <TextInput label={t("signIn.login")} value={login} onChange={(event) => setLogin(event.currentTarget.value)} required maxLength={254} autoComplete="username" autoCapitalize="none" spellCheck={false} ref={initialLogin === "" ? focusFirst : null} />
            <PasswordInput
              label={t("signIn.password")}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              required
              maxLength={200}
              autoComplete="current-password"
              ref={initialLogin === "" ? null : focusFirst}
              visibilityToggleButtonProps={{ "aria-label": t("password.show") }}
            />
          </>
        )}
        {wait > 0 && (
          <Alert color="orange" variant="light">
            {t("signIn.wait", { time: wait < 100 ? `${wait} s` : `${Math.ceil(wait / 60)} min` })}
          </Alert>
        )}
        {wait === 0 && !isOnlyNext && <Refusal error={signIn.error} />}
        <Button type="submit" loading={signIn.isPending} disabled={wait > 0}>
          {t("signIn.submit")}
        </Button>
        {asksCode ? (
          <Button
            variant="subtle"
            onClick={() => {
              setAsksCode(false);
              setPassword("");
              signIn.reset();
            }}
          >
            {t("signIn.other")}
          </Button>
        ) : (
          canUsePasskeys() && <PasskeyButton done={done} />
        )}
      </Stack>
    </form>
  );
}

function PasskeyButton({ done }: { done: (me: Me) => void }) {
  const { t } = useTexts();
  const signIn = useMutation({
    mutationFn: async () => {
      const { ticket, options } = await take(api.POST("/api/v1/session/passkey/options"));
      const credential = await provePasskey(options);
      return credential === null ? null : await take(api.POST("/api/v1/session/passkey", { body: { ticket, credential, name: "" } }));
    },
    onSuccess: (me) => {
      if (me !== null) done(me);
    },
  });
  return (
    <>
      <Divider label={t("signIn.or")} />
      <Button variant="default" onClick={() => signIn.mutate()} loading={signIn.isPending}>
        {t("signIn.passkey")}
      </Button>
      <Refusal error={signIn.error} />
    </>
  );
}

/** Whole seconds until a time in ms; 0 once it has passed. */
function useSecondsUntil(at: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (at === 0) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [at]);
  return Math.max(0, Math.ceil((at - now) / 1000));
}
