import { Alert, Checkbox, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { setUpQuery } from "../session/session";
import { Dialog } from "../ui/Dialog";
import { Submit, submitting } from "../ui/Saving";
import { OneTimeLink } from "./OneTimeLink";
import { bodyOf, type PersonData, PersonFields } from "./PersonFields";
import { type RoleAt, RoleFields } from "./RoleFields";

export function Invite({ close }: { close: () => void }) {
  const { t, language } = useTexts();
  const queries = useQueryClient();
  const [person, setPerson] = useState<PersonData>({ name: "", email: "", userName: "", language });
  const [role, setRole] = useState<RoleAt>({ role: "viewer", site: null });
  const [wantsMail, setWantsMail] = useState(true);
  const hasMail = useQuery(setUpQuery).data?.reset_by_mail === true;
  const byMail = hasMail && wantsMail && person.email.trim() !== "";
  const invite = useMutation({
    mutationFn: () => take(api.POST("/api/v1/people", { body: { ...bodyOf(person), grants: [{ role: role.role, site_id: role.site }], by_mail: byMail } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["people"] }),
  });
  return (
    <Dialog onClose={close} title={t("people.invite")} size="lg">
      {invite.data !== undefined ? (
        <>
          {byMail && (
            <Alert color={invite.data.is_mailed ? "teal" : "orange"} variant="light" mb="sm">
              {t(invite.data.is_mailed ? "invite.mailed" : "invite.notMailed", { email: invite.data.person.email ?? "" })}
            </Alert>
          )}
          <OneTimeLink link={invite.data.link} name={invite.data.person.name} done={close} />
        </>
      ) : (
        <form onSubmit={submitting(invite.mutate)}>
          <Stack gap="sm">
            <PersonFields value={person} onChange={setPerson} explains />
            <RoleFields value={role} onChange={setRole} />
            {hasMail && <Checkbox label={t("invite.byMail")} checked={byMail} disabled={person.email.trim() === ""} onChange={(event) => setWantsMail(event.currentTarget.checked)} />}
            <Submit change={invite}>{t("invite.make")}</Submit>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
