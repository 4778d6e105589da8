import { Button, Group, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { Confirm } from "../ui/Confirm";
import { Refusal } from "../ui/Saving";
import { AddChannel } from "./AddChannel";
import { ChannelList } from "./ChannelList";
import type { ChannelCalls, Team } from "./channels";
import { usePlaces } from "./useTeams";

const PATH = "/api/v1/teams/{team_id}/channels";

function callsOf(team: number): ChannelCalls {
  const of = (channel: number) => ({ params: { path: { team_id: team, channel_id: channel } } });
  return {
    add: (body) => take(api.POST(PATH, { params: { path: { team_id: team } }, body })),
    change: (id, body) => take(api.PATCH(`${PATH}/{channel_id}`, { ...of(id), body })),
    remove: (id) => take(api.DELETE(`${PATH}/{channel_id}`, of(id))),
    test: (id) => take(api.POST(`${PATH}/{channel_id}/test`, of(id))),
  };
}

/** A team with its members and its own channels. */
export function TeamCard({ team, edit }: { team: Team; edit: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [adds, setAdds] = useState(false);
  const [isDoomed, doom] = useState(false);
  const place = usePlaces()(team.site_id);
  const calls = useMemo(() => callsOf(team.id), [team.id]);
  const own = useQuery({ queryKey: ["own-notifications"], queryFn: () => take(api.GET("/api/v1/account/notifications")) }).data;
  const changed = () => queries.invalidateQueries({ queryKey: ["teams"] });
  const remove = useMutation({ mutationFn: () => take(api.DELETE("/api/v1/teams/{team_id}", { params: { path: { team_id: team.id } } })), onSuccess: changed });
  return (
    <div className="list-line" role="group" aria-label={team.name}>
      <Text fw={600}>{team.name}</Text>
      <Text size="sm" className="quiet">
        {place} · {team.members.length === 0 ? t("teams.noMembers") : team.members.map(({ name }) => name).join(", ")}
      </Text>
      <ChannelList channels={team.channels} calls={calls} changed={changed} />
      <Refusal error={remove.error} />
      <Group gap="xs" mt="xs">
        <Button size="compact-sm" variant="default" aria-label={`${t("notify.add")} ${team.name}`} onClick={() => setAdds(true)}>
          {t("notify.add")}
        </Button>
        <Button size="compact-sm" variant="default" aria-label={`${t("common.edit")} ${team.name}`} onClick={edit}>
          {t("common.edit")}
        </Button>
        <Button size="compact-sm" variant="default" aria-label={`${t("common.remove")} ${team.name}`} onClick={() => doom(true)}>
          {t("common.remove")}
        </Button>
      </Group>
      {adds && own !== undefined && <AddChannel calls={calls} services={own.services} canMail={own.can_mail} hasAccount={false} changed={changed} close={() => setAdds(false)} />}
      <Confirm opened={isDoomed} question={t("teams.removeAsk", { name: team.name })} action={t("common.remove")} close={() => doom(false)} confirm={() => remove.mutate()} />
    </div>
  );
}
