import "./validation.css";
import { Button, Checkbox, Group, Kbd, NativeSelect, Paper, Stack, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { Loaded } from "../ui/Loaded";
import { More, type Pages } from "../ui/More";
import { Mark } from "../ui/Mark";
import { after, chosen, isControl, isTyping, type Place, stepped, toggled } from "../ui/work";
import { ViewsMenu } from "../views/ViewsMenu";
import { ExceptionDetail } from "./ExceptionDetail";
import { type Action, actionOf } from "./keys";
import { dayText } from "./facts";
import type { Rule } from "./rules";
import { type Exception, useExceptions, useOpenExceptions } from "./useExceptions";
import { useWork } from "./useWork";

const keys: readonly (readonly [string, Action])[] = [
  ["j", "next"],
  ["k", "previous"],
  ["␣", "tick"],
  ["a", "accept"],
  ["e", "estimate"],
  ["m", "edit"],
  ["u", "undo"],
];

/** What validation has found, worked through one after the other, by keyboard if one likes. */
export function ExceptionsPage() {
  const { t } = useTexts();
  const search = useSearch({ from: "/exceptions" });
  const navigate = useNavigate({ from: "/exceptions" });
  const filter = { ...only("rule", search.rule), ...only("device", search.device) };
  const found = useExceptions(filter);
  const counts = useOpenExceptions(only("device", search.device));
  const rows = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const rules = Object.entries(counts.data?.by_rule ?? {}).sort(([, one], [, other]) => other - one);
  return (
    <>
      <PageTitle title={t("validation.title")}>
        <ViewsMenu page="/exceptions" search={search} />
        <NativeSelect
          aria-label={t("validation.rule")}
          value={search.rule ?? ""}
          onChange={({ currentTarget: { value } }) => void navigate({ search: ({ device }) => ({ ...only("device", device), ...only("rule", value === "" ? undefined : (value as Rule)) }) })}
          data={[{ value: "", label: t("validation.all", { n: counts.data?.open ?? 0 }) }, ...rules.map(([rule, n]) => ({ value: rule, label: `${t(`rule.${rule as Rule}`)} (${n})` }))]}
        />
        {search.device !== undefined && (
          <Button variant="default" onClick={() => void navigate({ search: ({ rule }) => only("rule", rule) })}>
            {search.device} ×
          </Button>
        )}
      </PageTitle>
      <Text mb="md">{t("validation.text")}</Text>
      <Loaded query={found} height={400}>
        {() => (rows.length === 0 ? <Empty isFiltered={search.rule !== undefined || search.device !== undefined} /> : <WorkThrough rows={rows} pages={found} />)}
      </Loaded>
    </>
  );
}

/** A part of a search: nothing where nothing is chosen. */
function only<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}

function Empty({ isFiltered }: { isFiltered: boolean }) {
  const { t } = useTexts();
  return (
    <Paper className="panel" p="lg">
      <Text fw={600}>{t(isFiltered ? "validation.noMatch" : "validation.none")}</Text>
      <Text size="sm" className="quiet">
        {t("validation.noneText")}
      </Text>
    </Paper>
  );
}

function WorkThrough({ rows, pages }: { rows: readonly Exception[]; pages: Pages }) {
  const { t } = useTexts();
  const mayWork = useRights().somewhere("operate");
  const work = useWork();
  const [place, setPlace] = useState<Place>({ id: rows[0]?.id ?? null, ticked: [] });
  const [edits, setEdits] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  const ids = rows.map(({ id }) => id);
  const known = new Set(ids);
  const ticked = place.ticked.filter((id) => known.has(id));
  const id = place.id !== null && known.has(place.id) ? place.id : (ids[0] ?? null);
  const looked = rows.find((one) => one.id === id);
  const about = rows.filter((one) => chosen({ id, ticked }).includes(one.id));
  useEffect(() => {
    list.current?.querySelector('[data-looked="true"]')?.scrollIntoView({ block: "nearest" });
  }, [id]);
  const leave = () => setPlace({ id: after(ids, id, chosen({ id, ticked })), ticked: [] });
  const act = (action: Action) => {
    if (action === "next" || action === "previous") setPlace({ id: stepped(ids, id, action === "next" ? 1 : -1), ticked });
    if (!mayWork) return;
    if (action === "tick" && id !== null) setPlace({ id: stepped(ids, id, 1), ticked: toggled(ticked, id) });
    if (action === "accept" && about.length > 0) {
      work.accept(about.map((one) => one.id));
      leave();
    }
    if (action === "estimate" && about.length > 0) work.estimate(about);
    if (action === "edit" && looked !== undefined) setEdits(true);
    if (action === "undo") work.undo();
  };
  const onKey = (event: KeyboardEvent) => {
    const action = actionOf(event.key, isTyping(event.target), event.ctrlKey || event.metaKey || event.altKey);
    if (action === null || edits || (isControl(event.target) && event.key === " ")) return;
    event.preventDefault();
    act(action);
  };
  return (
    // The keys are announced below, and each has a button as well.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div className="work" role="group" aria-label={t("validation.title")} onKeyDown={onKey}>
      <Paper className="panel work-list">
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <ul ref={list} tabIndex={0} aria-label={t("validation.list")}>
          {rows.map((one) => (
            <Line key={one.id} exception={one} isLooked={one.id === id} isTicked={ticked.includes(one.id)} look={() => setPlace({ id: one.id, ticked })} tick={mayWork ? () => setPlace({ id: one.id, ticked: toggled(ticked, one.id) }) : null} />
          ))}
        </ul>
        <More of={pages} atFoot />
      </Paper>
      <Stack gap="sm" className="work-detail">
        {mayWork && (
          <Group gap="xs">
            <Button size="compact-md" onClick={() => act("accept")} loading={work.isBusy} disabled={about.length === 0}>
              {t("validation.accept", { n: about.length })}
            </Button>
            <Button size="compact-md" variant="default" onClick={() => act("estimate")} disabled={about.length === 0 || work.isBusy}>
              {t("validation.estimate", { n: about.length })}
            </Button>
            <Button size="compact-md" variant="default" onClick={() => act("edit")} disabled={looked === undefined}>
              {t("common.edit")}
            </Button>
            <Button size="compact-md" variant="subtle" onClick={() => act("undo")} disabled={!work.canUndo || work.isBusy}>
              {t("common.undo")}
            </Button>
          </Group>
        )}
        {looked !== undefined && (
          <ExceptionDetail
            key={looked.id}
            exception={looked}
            edits={edits}
            closeEdit={() => setEdits(false)}
            edited={(editId) => {
              work.edited(looked.device, looked.channel, editId);
              leave();
            }}
          />
        )}
        {mayWork && (
          <Text size="xs" className="quiet keys">
            {keys.map(([key, action]) => (
              <span key={key}>
                <Kbd size="xs">{key}</Kbd> {t(`key.${action}`)}
              </span>
            ))}
          </Text>
        )}
      </Stack>
    </div>
  );
}

function Line({ exception, isLooked, isTicked, look, tick }: { exception: Exception; isLooked: boolean; isTicked: boolean; look: () => void; tick: (() => void) | null }) {
  const { t, language } = useTexts();
  const date = dayText(exception, language);
  return (
    <li data-looked={isLooked} className={isLooked ? "looked" : undefined}>
      {tick !== null && <Checkbox size="xs" checked={isTicked} onChange={tick} aria-label={t("validation.tick", { device: exception.device, rule: t(`rule.${exception.rule}`), date })} />}
      <button type="button" onClick={look} aria-current={isLooked}>
        <span className="cut">
          <Mark kind="warn" /> <b>{t(`rule.${exception.rule}`)}</b>
        </span>
        <span className="cut quiet">
          {exception.device} · <span className="number">{date}</span>
        </span>
      </button>
    </li>
  );
}
