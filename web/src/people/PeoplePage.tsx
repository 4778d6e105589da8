import { Badge, Button, Paper, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, type Person, take } from "../api/client";
import { usePages } from "../api/usePages";
import { useTexts } from "../i18n";
import { PageTitle } from "../shell/Pages";
import { Loaded } from "../ui/Loaded";
import { More } from "../ui/More";
import { Invite } from "./Invite";
import { useRoleText } from "./RoleFields";

const PAGE = 100;

export function PeoplePage() {
  const { t } = useTexts();
  const { q } = useSearch({ from: "/people" });
  const navigate = useNavigate({ from: "/people" });
  const [invites, setInvites] = useState(false);
  const searchSoon = useDebouncedCallback((text: string) => void navigate({ search: text === "" ? {} : { q: text }, replace: true }), 250);
  const people = usePages(["people", { q }], (after) => take(api.GET("/api/v1/people", { params: { query: { ...(q === undefined ? {} : { q }), ...after, limit: PAGE } } })));
  return (
    <>
      <PageTitle title={t("nav.people")}>
        <Button onClick={() => setInvites(true)}>{t("people.invite")}</Button>
      </PageTitle>
      <TextInput type="search" mb="sm" maw={420} aria-label={t("people.search")} placeholder={t("people.search")} defaultValue={q ?? ""} onChange={(event) => searchSoon(event.currentTarget.value)} />
      <Loaded query={people} height={200}>
        {({ pages }) => {
          const found = pages.flatMap((page) => page.items);
          if (found.length === 0) return <Text className="quiet">{t("people.none")}</Text>;
          return (
            <Paper className="panel" component="ul" m={0} p={0} style={{ listStyle: "none" }}>
              {found.map((person) => (
                <PersonLine key={person.id} person={person} />
              ))}
            </Paper>
          );
        }}
      </Loaded>
      <More of={people} />
      {invites && <Invite close={() => setInvites(false)} />}
    </>
  );
}

function PersonLine({ person }: { person: Person }) {
  const { t } = useTexts();
  const roleText = useRoleText();
  const grants = person.grants ?? [];
  return (
    <li className="person-line">
      <div style={{ minWidth: 0 }}>
        <Link to="/people/$id" params={{ id: String(person.id) }} className="plain-link">
          {person.name}
        </Link>{" "}
        {person.state !== "active" && <Badge color="gray" variant="outline">{t(`person.${person.state}`)}</Badge>}{" "}
        {person.state === "active" && !person.has_password && <Badge color="gray" variant="outline">{t("person.invited")}</Badge>}
        <Text size="sm" className="quiet">
          {person.email ?? person.user_name}
        </Text>
      </div>
      <Text size="sm" component="div">
        {grants.length === 0 ? <span className="quiet">{t("role.none")}</span> : grants.map((one) => <div key={one.id}>{roleText(one.role, one.site_id)}</div>)}
      </Text>
      <Text size="sm" className="quiet">
        {t(person.has_second_factor ? "person.withFactor" : "person.withoutFactor")}
      </Text>
    </li>
  );
}
