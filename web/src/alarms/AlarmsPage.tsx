import "./alarms.css";
import { Button, Checkbox, Group, Kbd, NativeSelect, Paper, Stack, Text, TextInput } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { type KeyboardEvent, Suspense, useEffect, useRef, useState } from "react";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { useAge } from "../live/hooks";
import type { AlarmsSearch } from "../router";
import { useRights } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { Loaded } from "../ui/Loaded";
import { Refusal } from "../ui/Saving";
import { Segments } from "../ui/Segments";
import { later } from "../ui/later";
import { after, chosen, isControl, isTyping, type Place, stepped, toggled } from "../ui/work";
import { ViewsMenu } from "../views/ViewsMenu";
import { AlarmDetail } from "./AlarmDetail";
import { type Act, actionOf, ACTS, type Alarm, BY_DESIGN, inOrder, isNoted, type KeyAction, type NotedAct, possible, PRIORITIES, type Priority, type View, withOpened } from "./alarms";
import { PriorityMark } from "./PriorityMark";
import { useAct, useAlarm, useAlarms } from "./useAlarms";

const ActForm = later(async () => (await import("./ActForm")).ActForm);

const shownKeys: readonly (readonly [string, KeyAction])[] = [
  ["j", "next"],
  ["k", "previous"],
  ["␣", "tick"],
  ["a", "acknowledge"],
  ["s", "shelve"],
  ["r", "reset"],
];
const VIEWS: readonly View[] = ["standing", "shelved", "out"];

/** What is wrong now, the most pressing first, worked through by keyboard if one likes. */
export function AlarmsPage() {
  const { t } = useTexts();
  const search = useSearch({ from: "/alarms" });
  const navigate = useNavigate({ from: "/alarms" });
  const view = search.view ?? "standing";
  const found = useAlarms(view);
  const opened = useAlarm(search.id);
  const go = (change: { [Name in keyof AlarmsSearch]: AlarmsSearch[Name] | undefined }) =>
    void navigate({ search: (before) => Object.fromEntries(Object.entries({ ...before, id: undefined, ...change }).filter(([, value]) => value !== undefined)), replace: true });
  return (
    <>
      <PageTitle title={t("alarms.title")}>
        <ViewsMenu page="/alarms" search={filterOf(search)} />
        <Link to="/alarms/health" className="plain-link">
          {t("health.title")}
        </Link>
        <Link to="/alarms/rules" className="plain-link">
          {t("rules.title")}
        </Link>
      </PageTitle>
      <div className="alarm-filters">
        <Segments aria-label={t("alarms.view")} value={view} onChange={(value) => go({ view: value === "standing" ? undefined : value })} data={VIEWS.map((value) => ({ value, label: t(`alarmView.${value}`) }))} />
        <NativeSelect
          aria-label={t("alarms.priority")}
          value={search.priority ?? ""}
          onChange={({ currentTarget: { value } }) => go({ priority: value === "" ? undefined : (value as Priority) })}
          data={[{ value: "", label: t("alarms.allPriorities") }, ...PRIORITIES.map((value) => ({ value, label: t(`priority.${value}`) }))]}
        />
        <TextInput aria-label={t("alarms.search")} placeholder={t("alarms.search")} type="search" value={search.q ?? ""} onChange={({ currentTarget: { value } }) => go({ q: value === "" ? undefined : value })} />
      </div>
      <Refusal error={opened.error} />
      <Loaded query={found} height={400}>
        {(alarms) => {
          const rows = withOpened(inOrder(alarms.filter((one) => isWanted(one, search))), opened.data);
          return rows.length === 0 ? <Empty isFiltered={search.q !== undefined || search.priority !== undefined} view={view} /> : <WorkThrough key={`${view} ${search.id}`} rows={rows} first={search.id ?? null} />;
        }}
      </Loaded>
    </>
  );
}

/** What is looked at, without the alarm that is opened. */
function filterOf({ view, priority, q }: AlarmsSearch): AlarmsSearch {
  return { ...(view === undefined ? {} : { view }), ...(priority === undefined ? {} : { priority }), ...(q === undefined ? {} : { q }) };
}

function isWanted({ name, device, device_name, priority }: Alarm, search: AlarmsSearch): boolean {
  const q = search.q?.toLowerCase() ?? "";
  return (search.priority === undefined || priority === search.priority) && [name, device, device_name].some((word) => word.toLowerCase().includes(q));
}

function Empty({ isFiltered, view }: { isFiltered: boolean; view: View }) {
  const { t } = useTexts();
  return (
    <Paper className="panel" p="lg">
      <Text fw={600}>{t(isFiltered ? "alarms.noMatch" : `alarmNone.${view}`)}</Text>
      <Text size="sm" className="quiet">
        {t("alarms.noneText")}
      </Text>
    </Paper>
  );
}

/** first: the one that is opened, if not the most pressing. */
function WorkThrough({ rows, first }: { rows: readonly Alarm[]; first: number | null }) {
  const { t } = useTexts();
  const mayWork = useRights().somewhere("operate");
  const change = useAct();
  const [place, setPlace] = useState<Place>({ id: first ?? rows[0]?.id ?? null, ticked: [] });
  const [asks, setAsks] = useState<NotedAct | null>(null);
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
  const leave = (gone: readonly number[]) => setPlace({ id: after(ids, id, gone), ticked: [] });
  const begin = (act: Act) => {
    const mine = possible(act, about);
    if (mine.length === 0) return;
    if (isNoted(act)) setAsks(act);
    else change.mutate({ act, ids: mine.map((one) => one.id), note: "", until: "" }, { onSuccess: () => leave([]) });
  };
  const onKey = (event: KeyboardEvent) => {
    const action = actionOf(event.key, isTyping(event.target), event.ctrlKey || event.metaKey || event.altKey);
    if (action === null || asks !== null || (isControl(event.target) && event.key === " ")) return;
    event.preventDefault();
    if (action === "next" || action === "previous") setPlace({ id: stepped(ids, id, action === "next" ? 1 : -1), ticked });
    else if (!mayWork || id === null) return;
    else if (action === "tick") setPlace({ id: stepped(ids, id, 1), ticked: toggled(ticked, id) });
    else begin(action);
  };
  return (
    // The keys are announced below, and each has a button as well.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div className="work alarm-work" role="group" aria-label={t("alarms.title")} onKeyDown={onKey}>
      <Paper className="panel work-list">
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <ul ref={list} tabIndex={0} aria-label={t("alarms.list")}>
          {rows.map((one) => (
            <Line key={one.id} alarm={one} isLooked={one.id === id} isTicked={ticked.includes(one.id)} look={() => setPlace({ id: one.id, ticked })} tick={mayWork ? () => setPlace({ id: one.id, ticked: toggled(ticked, one.id) }) : null} />
          ))}
        </ul>
      </Paper>
      <Stack gap="sm" className="work-detail">
        {mayWork && (
          <Group gap="xs">
            {ticked.length < rows.length && rows.length > 1 && (
              <Button size="compact-md" variant="subtle" onClick={() => setPlace({ id, ticked: ids })}>
                {t("alarms.all")}
              </Button>
            )}
            {ACTS.map((act) => ({ act, n: possible(act, about).length }))
              .filter(({ n }) => n > 0)
              .map(({ act, n }) => (
                <Button key={act} size="compact-md" variant={act === "acknowledge" ? "filled" : "default"} onClick={() => begin(act)} loading={change.isPending}>
                  {t(`alarmAct.${act}`, { n })}
                </Button>
              ))}
          </Group>
        )}
        <Refusal error={change.error} />
        {looked !== undefined && <AlarmDetail key={looked.id} alarm={looked} />}
        {mayWork && (
          <Text size="xs" className="quiet keys">
            {shownKeys.map(([key, action]) => (
              <span key={key}>
                <Kbd size="xs">{key}</Kbd> {t(`alarmKey.${action}`)}
              </span>
            ))}
          </Text>
        )}
      </Stack>
      {asks !== null && (
        <Suspense>
          <ActForm act={asks} alarms={possible(asks, about)} close={() => setAsks(null)} done={() => leave(asks === "acknowledge" ? [] : about.map((one) => one.id))} />
        </Suspense>
      )}
    </div>
  );
}

function Line({ alarm, isLooked, isTicked, look, tick }: { alarm: Alarm; isLooked: boolean; isTicked: boolean; look: () => void; tick: (() => void) | null }) {
  const { t, language } = useTexts();
  const back = alarm.away_until === null ? "" : t("alarms.backAt", { time: formatTime(alarm.away_until, language, alarm.zone) });
  const away = [back, alarm.reason === BY_DESIGN ? "" : alarm.reason].filter((one) => one !== "").join(" · ");
  const age = useAge(Date.parse(alarm.raised_at ?? alarm.changed_at));
  const classes = [isLooked ? "looked" : "", alarm.is_acknowledged ? "" : "waits"].join(" ").trim();
  return (
    <li data-looked={isLooked} className={classes}>
      {tick !== null && <Checkbox size="xs" checked={isTicked} onChange={tick} aria-label={t("alarms.tick", { name: alarm.name, device: alarm.device_name })} />}
      <button type="button" onClick={look} aria-current={isLooked}>
        <span className="alarm-name">
          <PriorityMark priority={alarm.priority} isHollow={alarm.is_acknowledged} />
          <span className="cut">{alarm.name}</span>
          <span className="quiet number">{age}</span>
        </span>
        <span className="cut quiet">
          {alarm.device_name} · {t(`priority.${alarm.priority}`)} · {t(`alarmState.${alarm.state}`)}
        </span>
        {away !== "" && <span className="cut quiet number">{away}</span>}
      </button>
    </li>
  );
}
