import { MultiSelect, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { basedOn } from "../api/based";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { useTexts } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { Submit, submitting } from "../ui/Saving";
import { type Team, USUAL } from "./channels";
import { PlaceSelect } from "./PlaceSelect";
import { PreferencesFields } from "./PreferencesFields";
import { useCandidates } from "./useTeams";

type Body = components["schemas"]["TeamBody"];

/** Makes a team, or changes one. */
export function TeamForm({ team: given, close }: { team: Team | null; close: () => void }) {
  const { t, language } = useTexts();
  const queries = useQueryClient();
  const [team] = useState(given); // what the change is based on, also when another one comes
  const [name, setName] = useState(team?.name ?? "");
  const [site, setSite] = useState<number | null | undefined>(team === null ? undefined : team.site_id);
  const [spoken, setSpoken] = useState<Body["language"]>(team?.language === "en" || (team === null && language === "en") ? "en" : "pt-BR");
  const [members, setMembers] = useState(team?.members.map(({ id }) => String(id)) ?? []);
  const [preferences, setPreferences] = useState(team?.preferences ?? USUAL);
  const people = useCandidates(site ?? null).data?.items ?? [];
  const known = new Map([...(team?.members ?? []), ...people].map((one) => [String(one.id), one.name]));
  const save = useMutation({
    mutationFn: () => {
      const body: Body = { name, site_id: site ?? null, language: spoken, members: members.map(Number), preferences };
      return team === null ? take(api.POST("/api/v1/teams", { body })) : take(api.PUT("/api/v1/teams/{team_id}", { params: { path: { team_id: team.id }, header: basedOn(team) }, body }));
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["teams"] });
      close();
    },
    onError: () => queries.invalidateQueries({ queryKey: ["teams"] }),
  });
  return (
    <Dialog onClose={close} title={t(team === null ? "teams.new" : "teams.edit")} size="lg">
      <form onSubmit={submitting(save.mutate)}>
        <Stack gap="sm">
          <TextInput label={t("teams.name")} placeholder={t("teams.example")} value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={100} data-autofocus />
          <PlaceSelect label={t("devices.site")} description={t("teams.siteHint")} value={site} onChange={setSite} />
          <MultiSelect label={t("teams.members")} description={t("teams.membersHint")} data={[...known].map(([value, label]) => ({ value, label }))} value={members} onChange={setMembers} searchable nothingFoundMessage={t("teams.nobody")} />
          <NativeSelect label={t("language.label")} value={spoken} onChange={(event) => setSpoken(event.currentTarget.value as "pt-BR" | "en")} data={[{ value: "pt-BR", label: "Português" }, { value: "en", label: "English" }]} />
          <PreferencesFields value={preferences} onChange={setPreferences} isTeam />
          <Submit change={save}>{t("common.save")}</Submit>
        </Stack>
      </form>
    </Dialog>
  );
}
