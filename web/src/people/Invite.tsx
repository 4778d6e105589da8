import { Modal, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { Submit, submitting } from "../ui/Saving";
import { OneTimeLink } from "./OneTimeLink";
import { bodyOf, type PersonData, PersonFields } from "./PersonFields";
import { type RoleAt, RoleFields } from "./RoleFields";

export function Invite({ close }: { close: () => void }) {
  const { t, language } = useTexts();
  const queries = useQueryClient();
  const [person, setPerson] = useState<PersonData>({ name: "", email: "", userName: "", language });
  const [role, setRole] = useState<RoleAt>({ role: "viewer", site: null });
  const invite = useMutation({
    mutationFn: () => take(api.POST("/api/v1/people", { body: { ...bodyOf(person), grants: [{ role: role.role, site_id: role.site }] } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["people"] }),
  });
  return (
    <Modal opened onClose={close} title={t("people.invite")} size="lg" closeButtonProps={{ "aria-label": t("common.cancel") }}>
      {invite.data !== undefined ? (
        <OneTimeLink link={invite.data.link} name={invite.data.person.name} done={close} />
      ) : (
        <form onSubmit={submitting(invite.mutate)}>
          <Stack gap="sm">
            <PersonFields value={person} onChange={setPerson} explains />
            <RoleFields value={role} onChange={setRole} />
            <Submit change={invite}>{t("invite.make")}</Submit>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
