import { Alert, Button, NativeSelect, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTexts } from "../i18n";
import { Code } from "../ui/Code";
import { Dialog } from "../ui/Dialog";
import { Submit, submitting } from "../ui/Saving";
import { type ChannelCalls, EXAMPLES, servicesIn } from "./channels";

type Kind = "email" | "apprise" | "webhook";

interface Props {
  calls: ChannelCalls;
  services: Readonly<Record<string, string>>;
  canMail: boolean;
  /** Whether an e-mail channel may be that of the account. */
  hasAccount: boolean;
  changed: () => Promise<unknown>;
  close: () => void;
}

/** Makes a channel; the secret of a webhook is shown once. */
export function AddChannel({ calls, services, canMail, hasAccount, changed, close }: Props) {
  const { t } = useTexts();
  const add = useMutation({
    mutationFn: calls.add,
    onSuccess: async (made) => {
      await changed();
      if (made.secret === null) close();
    },
  });
  const secret = add.data?.secret ?? null;
  return (
    <Dialog onClose={close} title={t("notify.add")} closeOnClickOutside={secret === null}>
      {secret === null ? (
        <Form services={services} canMail={canMail} hasAccount={hasAccount} change={add} send={(kind, name, address) => add.mutate({ kind, name, address, secret: "" })} />
      ) : (
        <Stack gap="sm">
          <Alert color="orange" variant="light" title={add.data?.name ?? ""}>
            {t("notify.secretOnce")}
          </Alert>
          <Code text={secret} label={t("notify.secret")} wrap />
          <Text size="sm">{t("notify.secretText")}</Text>
          <Button onClick={close} style={{ alignSelf: "start" }}>
            {t("notify.secretKept")}
          </Button>
        </Stack>
      )}
    </Dialog>
  );
}

interface FormProps {
  services: Readonly<Record<string, string>>;
  canMail: boolean;
  hasAccount: boolean;
  change: { error: unknown; isPending: boolean };
  send: (kind: Kind, name: string, address: string) => void;
}

function Form({ services, canMail, hasAccount, change, send }: FormProps) {
  const { t } = useTexts();
  const [kind, setKind] = useState<Kind>(canMail ? "email" : "apprise");
  const [service, setService] = useState("tgram");
  const [name, setName] = useState("");
  const [address, setAddress] = useState("");
  const listed = servicesIn(services);
  const called = name.trim() !== "" ? name.trim() : kind === "apprise" ? (services[service] ?? "") : t(`channelKind.${kind}`);
  const kinds = (["email", "apprise", "webhook"] as const).filter((one) => one !== "email" || canMail);
  return (
    <form onSubmit={submitting(() => send(kind, called, address.trim()))}>
      <Stack gap="sm">
        <NativeSelect label={t("notify.kind")} value={kind} onChange={(event) => setKind(event.currentTarget.value as Kind)} data={kinds.map((one) => ({ value: one, label: t(`channelKind.${one}`) }))} data-autofocus />
        {kind === "apprise" && (
          <NativeSelect label={t("notify.service")} value={service} onChange={(event) => setService(event.currentTarget.value)} data={listed.map((one) => ({ value: one.scheme, label: one.name }))} />
        )}
        {kind === "apprise" ? (
          <PasswordInput
            label={t("notify.address")}
            description={t("notify.addressHint", { example: EXAMPLES[service] ?? `${service}://…` })}
            value={address}
            onChange={(event) => setAddress(event.currentTarget.value)}
            required
            maxLength={1000}
            autoComplete="off"
            visibilityToggleButtonProps={{ "aria-label": t("notify.showAddress") }}
          />
        ) : (
          <TextInput
            label={t("notify.address")}
            description={kind === "webhook" ? t("notify.webhookHint") : hasAccount ? t("notify.emailHint") : undefined}
            type={kind === "email" ? "email" : "url"}
            placeholder={kind === "email" ? "ana@example.org" : "https://example.org/hook"}
            value={address}
            onChange={(event) => setAddress(event.currentTarget.value)}
            required={kind === "webhook" || !hasAccount}
            maxLength={1000}
          />
        )}
        <TextInput label={t("notify.name")} placeholder={called} value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={100} />
        <Submit change={change}>{t("notify.add")}</Submit>
      </Stack>
    </form>
  );
}
