import { Button, Group, NativeSelect, NumberInput, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { sitesQuery } from "../sites/queries";
import { Refusal, Submit, submitting } from "../ui/Saving";
import { TrialResult } from "./Trial";
import { type Connection, SECURITIES, type Security } from "./types";

const PORT = ":4840";

/** Makes a connection, or changes one; it can be tried before it is saved. */
export function ConnectionForm({ connection, done }: { connection?: Connection; done: (saved: Connection) => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const rights = useRights();
  const sites = useQuery(sitesQuery);
  const places = (sites.data?.items ?? []).filter(({ id }) => rights.on("configure", id));
  const [name, setName] = useState(connection?.name ?? "");
  const [site, setSite] = useState(connection?.site_id);
  const [endpoint, setEndpoint] = useState(connection?.endpoint ?? "opc.tcp://");
  const [security, setSecurity] = useState<Security>(connection?.security ?? "none");
  const [userName, setUserName] = useState(connection?.user_name ?? "");
  const [password, setPassword] = useState("");
  const [trusted, setTrusted] = useState(connection?.trusted ?? "");
  const [publishing, setPublishing] = useState<number | string>(connection?.publishing_ms ?? 1_000);
  const [repeat, setRepeat] = useState<number | string>(connection?.repeat_s ?? 60);
  const hasMoved = connection !== undefined && (endpoint !== connection.endpoint || security !== connection.security);
  const isKept = connection?.has_password === true && password === "" && !hasMoved;
  const trial = useMutation({
    mutationFn: (trust: string) =>
      take(
        api.POST("/api/v1/connections/test", {
          body: {
            endpoint,
            security,
            user_name: userName,
            trusted: trust,
            ...(isKept ? { connection_id: connection.id } : { password }),
          },
        }),
      ),
  });
  const save = useMutation({
    mutationFn: () => {
      const body = { name, site_id: site ?? places[0]?.id ?? 0, endpoint, security, user_name: userName, trusted, publishing_ms: Number(publishing), repeat_s: Number(repeat) };
      if (connection === undefined) return take(api.POST("/api/v1/connections", { body: { ...body, password, trust_first: false, enabled: true } }));
      const changed = { ...body, ...(password === "" ? {} : { password }) };
      return take(api.PATCH("/api/v1/connections/{connection_id}", { params: { path: { connection_id: connection.id } }, body: changed }));
    },
    onSuccess: async (saved) => {
      await queries.invalidateQueries({ queryKey: ["connections"] });
      notifications.show({ message: t("connections.saved") });
      done(saved);
    },
  });
  return (
    <form onSubmit={submitting(save.mutate)}>
      <Stack gap="sm">
        <TextInput label={t("connections.name")} value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={64} data-autofocus />
        <NativeSelect
          label={t("devices.site")}
          value={String(site ?? places[0]?.id ?? "")}
          onChange={(event) => setSite(Number(event.currentTarget.value))}
          data={places.map((one) => ({ value: String(one.id), label: one.path.join(" › ") }))}
        />
        <TextInput
          label={t("connections.endpoint")}
          description={t("connections.endpointHint")}
          value={endpoint}
          onChange={(event) => setEndpoint(event.currentTarget.value)}
          onBlur={() => setEndpoint(withPort(endpoint))}
          required
          maxLength={500}
          pattern="opc\.tcp://[^@\s]+"
          autoCapitalize="none"
          spellCheck={false}
        />
        <NativeSelect
          label={t("connections.security")}
          value={security}
          onChange={(event) => setSecurity(event.currentTarget.value as Security)}
          data={SECURITIES.map((value) => ({ value, label: t(`security.${value}`) }))}
        />
        {security === "none" && (
          <Text size="sm" className="quiet">
            {t("connections.inClear")}
          </Text>
        )}
        <div className="two-columns">
          <TextInput label={t("connections.userName")} description={t("connections.userNameHint")} value={userName} onChange={(event) => setUserName(event.currentTarget.value)} maxLength={128} autoComplete="off" autoCapitalize="none" />
          <PasswordInput
            label={t("connections.password")}
            description={connection?.has_password === true ? t(hasMoved ? "connections.passwordAgain" : "connections.passwordKept") : " "}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            maxLength={256}
            autoComplete="new-password"
          />
        </div>
        <details>
          <summary className="summary">{t("connections.timing")}</summary>
          <div className="two-columns" style={{ marginTop: 8 }}>
            <NumberInput label={t("connections.publishing")} description={t("connections.publishingHint")} value={publishing} onChange={setPublishing} min={50} max={60_000} allowDecimal={false} required />
            <NumberInput label={t("connections.repeat")} description={t("connections.repeatHint")} value={repeat} onChange={setRepeat} min={0} max={86_400} allowDecimal={false} required />
          </div>
        </details>
        {trial.data !== undefined && (
          <TrialResult
            trial={trial.data}
            trusted={trusted}
            trust={(sha256) => {
              setTrusted(sha256);
              trial.mutate(sha256);
            }}
          />
        )}
        <Refusal error={trial.error} />
        <Group gap="sm" align="start">
          <Button variant="default" loading={trial.isPending} onClick={() => trial.mutate(trusted)}>
            {t("trial.try")}
          </Button>
          <Submit change={save}>{t("common.save")}</Submit>
        </Group>
      </Stack>
    </form>
  );
}

/** With the usual port where none is given. */
function withPort(endpoint: string): string {
  return /^opc\.tcp:\/\/[^\s/:@[\]]+$/.test(endpoint) ? endpoint + PORT : endpoint;
}
