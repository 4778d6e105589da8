import { Button, Group, Paper, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { usePages } from "../api/usePages";
import { isKey, useTexts } from "../i18n";
import { useTime } from "../session/time";
import { PageTitle } from "../shell/Pages";
import type { AuditSearch } from "../router";
import { Loaded } from "../ui/Loaded";
import { More } from "../ui/More";
import { Mark } from "../ui/Mark";
import { ChangeList } from "./ChangeList";
import { targetText } from "./changeWords";

type Entry = components["schemas"]["AuditAnswer"];

const PAGE = 50;

/** Who did what, when and from where; and whether the log is whole. */
export function AuditPage() {
  const { t } = useTexts();
  const search = useSearch({ from: "/audit" });
  const navigate = useNavigate({ from: "/audit" });
  const searchSoon = useDebouncedCallback((q: string) => void navigate({ search: (before) => (q === "" ? without(before, "q") : { ...before, q }), replace: true }), 300);
  const found = usePages(["audit", search], ({ after: before }) => take(api.GET("/api/v1/audit", { params: { query: { ...search, limit: PAGE, ...(before === undefined ? {} : { before }) } } })));
  const filters = (["actor", "target"] as const).filter((name) => search[name] !== undefined);
  return (
    <>
      <PageTitle title={t("nav.audit")}>
        <Button component="a" href="/api/v1/audit/export?form=csv" download variant="default">
          {t("audit.export")}
        </Button>
      </PageTitle>
      <Verdict />
      <Group gap="xs" mb="sm" align="center">
        <TextInput type="search" w={{ base: "100%", xs: 360 }} aria-label={t("audit.search")} placeholder={t("audit.search")} defaultValue={search.q ?? ""} onChange={(event) => searchSoon(event.currentTarget.value)} />
        {filters.map((name) => (
          <Button key={name} size="compact-sm" variant="default" aria-label={`${t("audit.without")} ${targetText(search[name] ?? "", t)}`} onClick={() => void navigate({ search: (before) => without(before, name) })}>
            {targetText(search[name] ?? "", t)} ×
          </Button>
        ))}
      </Group>
      <Loaded query={found} height={300}>
        {({ pages }) => {
          const entries = pages.flatMap((page) => page.items);
          if (entries.length === 0) return <Text className="quiet">{t("audit.none")}</Text>;
          return (
            <Paper className="panel" component="ul" m={0} p={0} style={{ listStyle: "none" }}>
              {entries.map((entry) => (
                <EntryLine key={entry.id} entry={entry} />
              ))}
            </Paper>
          );
        }}
      </Loaded>
      <More of={found} />
    </>
  );
}

function without(search: AuditSearch, name: keyof AuditSearch): AuditSearch {
  const { [name]: gone, ...rest } = search;
  return gone === undefined ? search : rest;
}

function Verdict() {
  const { t, language } = useTexts();
  const verdict = useQuery({ queryKey: ["audit", "verdict"], queryFn: () => take(api.GET("/api/v1/audit/verdict")), staleTime: Infinity });
  if (verdict.data === undefined) return <Text size="sm" className="quiet" mb="sm">{t("audit.verifying")}</Text>;
  const { entries, broken_at: brokenAt, last_hash: hash } = verdict.data;
  const n = new Intl.NumberFormat(language).format(entries);
  return (
    <div className="verdict" role="status">
      <Mark kind={brokenAt === null ? "ok" : "bad"} />
      <div style={{ minWidth: 0 }}>
        <b>{brokenAt === null ? t("audit.whole", { n }) : t("audit.broken", { n: brokenAt })}</b>
        <div className="quiet hash">{t("audit.hash", { hash })}</div>
      </div>
      <Button size="compact-sm" variant="default" loading={verdict.isFetching} onClick={() => void verdict.refetch()}>
        {t("audit.verify")}
      </Button>
    </div>
  );
}

function EntryLine({ entry }: { entry: Entry }) {
  const { t } = useTexts();
  const time = useTime();
  const key = `action.${entry.action}`;
  return (
    <li className="audit-line">
      <div className="quiet number">
        {time(entry.at)}
        <div>{entry.address}</div>
      </div>
      <div style={{ minWidth: 0 }}>
        <div>
          <b>{isKey(key) ? t(key) : entry.action}</b> ·{" "}
          <Link to="/audit" search={(before) => ({ ...before, target: entry.target })} className="plain-link">
            {targetText(entry.target, t)}
          </Link>
        </div>
        <div>
          {t("audit.by")}{" "}
          <Link to="/audit" search={(before) => ({ ...before, actor: entry.actor_id || entry.actor })} className="plain-link">
            {entry.actor}
          </Link>
        </div>
        <ChangeList before={entry.before} after={entry.after} />
      </div>
      <div className="quiet number">#{entry.id}</div>
    </li>
  );
}
