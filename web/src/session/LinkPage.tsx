import { Alert, Button, Skeleton, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { type SubmitEvent, useState } from "react";
import { api, Problem, take } from "../api/client";
import { useTexts } from "../i18n";
import { bodyOf, type PersonData, PersonFields } from "../people/PersonFields";
import { focusFirst } from "../ui/focus";
import { problemText } from "../ui/words";
import { CodeField } from "./CodeField";
import { Entrance } from "./Entrance";
import { NewPassword } from "./NewPassword";

/** Where a link that works once leads: the first account, or a password. */
export function LinkPage() {
  const { t } = useTexts();
  const link = useLocation({ select: ({ hash }) => hash });
  const found = useQuery({
    queryKey: ["link", link],
    queryFn: () => take(api.POST("/api/v1/links", { body: { link } })),
    enabled: link.length >= 20,
    staleTime: Infinity,
  });
  if (link.length < 20 || (found.error instanceof Problem && found.error.status < 500)) return <OldLink />;
  if (found.isError) return <Entrance title={t("link.title")}>{problemText(found.error, t)}</Entrance>;
  if (found.data === undefined) return <Entrance title={t("link.title")}>{<Skeleton height={120} />}</Entrance>;
  const { purpose, name, login, email } = found.data;
  if (purpose === "address") return <AddressByLink link={link} name={name ?? ""} login={login ?? ""} email={email ?? ""} />;
  return purpose === "set_up" ? <FirstAccount link={link} /> : <PasswordByLink link={link} purpose={purpose} name={name ?? ""} login={login ?? ""} />;
}

function OldLink() {
  const { t } = useTexts();
  return (
    <Entrance title={t("link.oldTitle")}>
      <Text mb="md">{t("link.old")}</Text>
      <Button component={Link} to="/" variant="default">
        {t("signIn.title")}
      </Button>
    </Entrance>
  );
}

function FirstAccount({ link }: { link: string }) {
  const { t, language } = useTexts();
  const [person, setPerson] = useState<PersonData>({ name: "", email: "", userName: "", language });
  const [password, setPassword] = useState("");
  const create = useMutation({
    mutationFn: () => take(api.POST("/api/v1/set-up", { body: { ...bodyOf(person), link, password, language } })),
    onSuccess: () => enter("/"), // where the first device is connected
  });
  return (
    <Entrance title={t("setUp.first")}>
      <Text mb="md">{t("setUp.firstText")}</Text>
      <Form action={t("setUp.create")} saving={create}>
        <PersonFields value={person} onChange={setPerson} isOwn explains asksLanguage={false} nameRef={focusFirst} />
        <NewPassword label={t("signIn.password")} value={password} onChange={setPassword} words={[person.name, person.email, person.userName]} />
      </Form>
    </Entrance>
  );
}

interface ByLink {
  link: string;
  purpose: "invite" | "reset" | "forgotten";
  name: string;
  login: string;
}

function PasswordByLink({ link, purpose, name, login }: ByLink) {
  const { t } = useTexts();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState<string | null>(null);
  const set = useMutation({
    mutationFn: () => take(api.POST("/api/v1/links/password", { body: { link, password, ...(code === null ? {} : { code: code.trim() }) } })),
    onSuccess: () => enter("/home"),
    onError: (error) => {
      if (error instanceof Problem && error.reason === "second_factor_required") setCode("");
    },
  });
  return (
    <Entrance title={t(`link.${purpose}`)}>
      <Text mb="md">{t(`link.${purpose}Text`, { name, login })}</Text>
      <Form action={t("link.set")} saving={set}>
        {code !== null && <CodeField label={t("signIn.code")} value={code} onChange={setCode} />}
        <input type="text" name="username" autoComplete="username" value={login} readOnly hidden />
        <NewPassword label={t("password.new")} value={password} onChange={setPassword} words={[name, login]} />
      </Form>
    </Entrance>
  );
}

interface Address {
  link: string;
  name: string;
  login: string;
  email: string;
}

/** A button, as programs that look through mail open links as well. */
function AddressByLink({ link, name, login, email }: Address) {
  const { t } = useTexts();
  const confirm = useMutation({ mutationFn: () => take(api.POST("/api/v1/links/address", { body: { link } })) });
  if (confirm.isSuccess) {
    return (
      <Entrance title={t("link.confirmed")}>
        <Text mb="md" role="status">
          {t("link.confirmedText", { email: confirm.data.email })}
        </Text>
        <Button onClick={() => enter("/")}>{t("link.goOn")}</Button>
      </Entrance>
    );
  }
  return (
    <Entrance title={t("link.address")}>
      <Text mb="md">{t("link.addressText", { name, email, login })}</Text>
      <Form action={t("link.confirm")} saving={confirm}>
        {null}
      </Form>
    </Entrance>
  );
}

interface Saving {
  mutate: () => void;
  isPending: boolean;
  error: unknown;
}

function Form({ action, saving, children }: { action: string; saving: Saving; children: React.ReactNode }) {
  const { t } = useTexts();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    saving.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {children}
        {saving.error !== null && (
          <Alert color="red" variant="light" role="alert">
            {problemText(saving.error, t)}
          </Alert>
        )}
        <Button type="submit" loading={saving.isPending}>
          {action}
        </Button>
      </Stack>
    </form>
  );
}

/** Load anew, because somebody else may have been signed in here; and leave no used link in the history. */
function enter(at: string): void {
  location.replace(at);
}
