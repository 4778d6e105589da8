import { Alert, Button, Checkbox, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Permission, take } from "../api/client";
import { useTexts } from "../i18n";
import { Code } from "../ui/Code";
import { Dialog } from "../ui/Dialog";
import { Submit, submitting } from "../ui/Saving";
import { type RoleAt, RoleFields } from "./RoleFields";
import { PERMISSIONS, ROLES } from "./roles";

const KEY_ROLES = ROLES.filter((role) => PERMISSIONS[role].length > 0);

/** Makes an API key, which is shown once. */
export function NewKey({ close }: { close: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<RoleAt>({ role: "viewer", site: null });
  const [scopes, setScopes] = useState<readonly Permission[]>(["view"]);
  const [expires, setExpires] = useState("");
  const make = useMutation({
    mutationFn: () => {
      const ends = expires === "" ? null : new Date(`${expires}T23:59:59`).toISOString();
      return take(api.POST("/api/v1/keys", { body: { name, role: role.role, site_id: role.site, scopes: [...scopes], expires_at: ends } }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["keys"] }),
  });
  const possible = PERMISSIONS[role.role];
  return (
    <Dialog onClose={close} title={t("keys.new")} size="lg">
      {make.data !== undefined ? (
        <Stack gap="sm">
          <Alert color="orange" variant="light" title={make.data.name}>
            {t("keys.once")}
          </Alert>
          <Code text={make.data.key} label={t("keys.key")} wrap />
          <Code text={`curl -H 'Authorization: Bearer ${make.data.key}' ${location.origin}/api/v1/devices`} label="curl" wrap />
          <Button onClick={close} style={{ alignSelf: "start" }}>
            {t("keys.kept")}
          </Button>
        </Stack>
      ) : (
        <form onSubmit={submitting(make.mutate)}>
          <Stack gap="sm">
            <TextInput label={t("keys.name")} placeholder={t("keys.example")} value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={100} data-autofocus />
            <RoleFields
              value={role}
              roles={KEY_ROLES}
              onChange={(chosen) => {
                setRole(chosen);
                if (chosen.role !== role.role) setScopes(PERMISSIONS[chosen.role]);
              }}
            />
            <Checkbox.Group label={t("keys.scopes")} description={t("keys.scopesText")} value={[...scopes]} onChange={setScopes}>
              <Stack gap={6} mt={6}>
                {possible.map((scope) => (
                  <Checkbox key={scope} value={scope} label={t(`scope.${scope}`)} />
                ))}
              </Stack>
            </Checkbox.Group>
            <TextInput type="date" label={t("keys.expires")} description={t("keys.expiresText")} value={expires} onChange={(event) => setExpires(event.currentTarget.value)} />
            <Submit change={make} disabled={scopes.length === 0}>
              {t("keys.make")}
            </Submit>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
