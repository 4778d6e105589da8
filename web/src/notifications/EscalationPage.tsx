import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { Confirm } from "../ui/Confirm";
import { Loaded } from "../ui/Loaded";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";
import { ChainForm } from "./ChainForm";
import type { Chain, Team } from "./channels";
import { DeliveryLog } from "./DeliveryLog";
import { TeamCard } from "./TeamCard";
import { TeamForm } from "./TeamForm";
import { useCandidates, usePlaces, useTeams } from "./useTeams";

const readLog = (query: { before?: number }) => take(api.GET("/api/v1/notifications", { params: { query } }));

/** Who is called, in which order, and what became of it: for those who configure a site. */
export function EscalationPage() {
  const { t } = useTexts();
  const rights = useRights();
  return (
    <>
      <PageTitle title={t("nav.escalation")} />
      <Stack gap="md" maw={860}>
        <Chains />
        <Teams />
        {rights.on("configure", null) && (
          <Section title={t("templates.link")} text={t("templates.linkText")}>
            <Button variant="default" renderRoot={(props) => <Link to="/message-templates" {...props} />}>
              {t("templates.open")}
            </Button>
          </Section>
        )}
        <Section title={t("notify.log")} text={t("notify.logTextAll")}>
          <DeliveryLog name="all" read={readLog} showsPerson />
        </Section>
      </Stack>
    </>
  );
}

function Chains() {
  const { t } = useTexts();
  const [edited, edit] = useState<Chain | "new" | null>(null);
  const chains = useQuery({ queryKey: ["chains"], queryFn: () => take(api.GET("/api/v1/escalation-chains")) });
  return (
    <Section title={t("chains.title")} text={t("chains.text")}>
      <Stack gap="sm">
        <Loaded query={chains} height={80}>
          {({ items }) => (
            <div>
              {items.length === 0 && <Text size="sm">{t("chains.none")}</Text>}
              {items.map((one) => (
                <ChainLine key={one.id} chain={one} edit={() => edit(one)} />
              ))}
            </div>
          )}
        </Loaded>
        <Button onClick={() => edit("new")} style={{ alignSelf: "start" }}>
          {t("chains.new")}
        </Button>
      </Stack>
      {edited !== null && <ChainForm chain={edited === "new" ? null : edited} close={() => edit(null)} />}
    </Section>
  );
}

function ChainLine({ chain, edit }: { chain: Chain; edit: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [isDoomed, doom] = useState(false);
  const place = usePlaces()(chain.site_id);
  const teams = useTeams().data?.items ?? [];
  const people = useCandidates(chain.site_id).data?.items ?? [];
  const rehearse = useMutation({
    mutationFn: () => take(api.POST("/api/v1/escalation-chains/{chain_id}/rehearsal", { params: { path: { chain_id: chain.id } } })),
    onSuccess: async ({ messages }) => {
      notifications.show({ message: t("chains.rehearsed", { n: messages }) });
      await queries.invalidateQueries({ queryKey: ["deliveries"] });
    },
  });
  const remove = useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/escalation-chains/{chain_id}", { params: { path: { chain_id: chain.id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["chains"] }),
  });
  const named = (list: readonly { id: number; name: string }[], ids: readonly number[]) => ids.map((id) => list.find((one) => one.id === id)?.name ?? `#${id}`);
  return (
    <div className="list-line" role="group" aria-label={chain.name}>
      <Text fw={600} component="div">
        {chain.name}{" "}
        {!chain.enabled && (
          <Badge color="gray" variant="outline">
            {t("chains.off")}
          </Badge>
        )}
      </Text>
      <Text size="sm" className="quiet">
        {place} · {t("chains.from", { priority: t(`noticePriority.${chain.least}`) })}
      </Text>
      <ol style={{ margin: "6px 0", paddingInlineStart: 22 }}>
        {chain.steps.map((step, number) => (
          <li key={number}>
            <Text size="sm" component="span">
              {step.wait_min > 0 ? `${t("chains.after", { n: step.wait_min })} ` : number === 0 ? `${t("chains.atOnce")} ` : ""}
              <b>{[...named(people, step.persons ?? []), ...named(teams, step.teams ?? [])].join(", ")}</b>
            </Text>
          </li>
        ))}
      </ol>
      {chain.repeats > 0 && <Text size="sm" className="quiet">{t("chains.repeats", { n: chain.repeats })}</Text>}
      <Refusal error={rehearse.error ?? remove.error} />
      <Group gap="xs" mt="xs">
        <Button size="compact-sm" variant="default" loading={rehearse.isPending} aria-label={`${t("chains.rehearse")} ${chain.name}`} onClick={() => rehearse.mutate()}>
          {t("chains.rehearse")}
        </Button>
        <Button size="compact-sm" variant="default" aria-label={`${t("common.edit")} ${chain.name}`} onClick={edit}>
          {t("common.edit")}
        </Button>
        <Button size="compact-sm" variant="default" aria-label={`${t("common.remove")} ${chain.name}`} onClick={() => doom(true)}>
          {t("common.remove")}
        </Button>
      </Group>
      <Confirm opened={isDoomed} question={t("chains.removeAsk", { name: chain.name })} action={t("common.remove")} close={() => doom(false)} confirm={() => remove.mutate()} />
    </div>
  );
}

function Teams() {
  const { t } = useTexts();
  const [edited, edit] = useState<Team | "new" | null>(null);
  const teams = useTeams();
  return (
    <Section title={t("teams.title")} text={t("teams.text")}>
      <Stack gap="sm">
        <Loaded query={teams} height={80}>
          {({ items }) => (
            <div>
              {items.length === 0 && <Text size="sm">{t("teams.none")}</Text>}
              {items.map((one) => (
                <TeamCard key={one.id} team={one} edit={() => edit(one)} />
              ))}
            </div>
          )}
        </Loaded>
        <Button onClick={() => edit("new")} style={{ alignSelf: "start" }}>
          {t("teams.new")}
        </Button>
      </Stack>
      {edited !== null && <TeamForm team={edited === "new" ? null : edited} close={() => edit(null)} />}
    </Section>
  );
}
