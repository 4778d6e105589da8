import "../validation/validation.css";
import { Button, Checkbox, Kbd, NativeSelect, Paper, Stack, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import type { AnomaliesSearch } from "../router";
import { useRights } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { Loaded } from "../ui/Loaded";
import { More, type Pages } from "../ui/More";
import { Mark } from "../ui/Mark";
import { after, isTyping, stepped } from "../ui/work";
import { ViewsMenu } from "../views/ViewsMenu";
import { AnomalyDetail } from "./AnomalyDetail";
import { DetectorTable } from "./DetectorTable";
import { type Kind, kinds, type State, states } from "./filter";
import { actionOf, actions } from "./keys";
import { type Anomaly, type AnomalyVerdict, useAnomalies, useVerdicts } from "./useAnomalies";

/** What the detectors have found, looked at and answered one after the other, by keyboard if one likes. */
export function AnomaliesPage() {
  const { t } = useTexts();
  const { state = "waiting", kind, device, faint = false, id } = useSearch({ from: "/anomalies" });
  const navigate = useNavigate({ from: "/anomalies" });
  const chosen = { state, kind, device, faint };
  const filter = { state, faint, ...(kind === undefined ? {} : { kind }), ...(device === undefined ? {} : { device }) };
  const found = useAnomalies(filter);
  const rows = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const choose = (changed: Chosen) => void navigate({ search: searchOf(changed) });
  return (
    <>
      <PageTitle title={t("anomaly.title")}>
        <ViewsMenu page="/anomalies" search={searchOf(chosen)} />
        <NativeSelect aria-label={t("anomaly.state")} value={state} onChange={({ currentTarget: { value } }) => choose({ ...chosen, state: value as State })} data={states.map((value) => ({ value, label: t(`anomalyState.${value}`) }))} />
        <NativeSelect
          aria-label={t("anomaly.kind")}
          value={kind ?? ""}
          onChange={({ currentTarget: { value } }) => choose({ ...chosen, kind: value === "" ? undefined : (value as Kind) })}
          data={[{ value: "", label: t("anomaly.allKinds") }, ...kinds.map((value) => ({ value, label: t(`anomalyKind.${value}`) }))]}
        />
        {device !== undefined && (
          <Button variant="default" onClick={() => choose({ ...chosen, device: undefined })}>
            {device} ×
          </Button>
        )}
        <Checkbox label={t("anomaly.faint")} checked={faint} onChange={({ currentTarget: { checked } }) => choose({ ...chosen, faint: checked })} />
      </PageTitle>
      <Text mb="md">{t("anomaly.text")}</Text>
      <Stack gap="md">
        <Loaded query={found} height={400}>
          {() => (rows.length === 0 && id === undefined ? <Empty state={state} /> : <WorkThrough key={JSON.stringify(filter)} rows={rows} opened={id ?? null} answersLeave={state === "waiting"} pages={found} />)}
        </Loaded>
        <DetectorTable filter={filter} />
      </Stack>
    </>
  );
}

interface Chosen {
  state: State;
  kind: Kind | undefined;
  device: string | undefined;
  faint: boolean;
}

function searchOf({ state, kind, device, faint }: Chosen): AnomaliesSearch {
  return { state, ...(kind === undefined ? {} : { kind }), ...(device === undefined ? {} : { device }), ...(faint ? { faint } : {}) };
}

function Empty({ state }: { state: State }) {
  const { t } = useTexts();
  return (
    <Paper className="panel" p="lg">
      <Text fw={600}>{t(`anomalyNone.${state}`)}</Text>
      <Text size="sm" className="quiet">
        {t("anomaly.noneText")}
      </Text>
    </Paper>
  );
}

interface Work {
  rows: readonly Anomaly[];
  opened: number | null;
  answersLeave: boolean;
  pages: Pages;
}

function WorkThrough({ rows, opened, answersLeave, pages }: Work) {
  const { t } = useTexts();
  const mayJudge = useRights().somewhere("operate");
  const verdicts = useVerdicts();
  const [looked, setLooked] = useState(opened);
  const [note, setNote] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const ids = rows.map((one) => one.id);
  const id = looked ?? ids[0] ?? null;
  const row = rows.find((one) => one.id === id);
  useEffect(() => {
    list.current?.querySelector('[data-looked="true"]')?.scrollIntoView({ block: "nearest" });
  }, [id]);
  const look = (next: number | null) => {
    setLooked(next);
    setNote("");
  };
  const judge = (anomaly: Anomaly, verdict: AnomalyVerdict) => {
    verdicts.judge(anomaly, verdict, note);
    look(answersLeave ? after(ids, id, [anomaly.id]) : id);
  };
  const onKey = (event: KeyboardEvent) => {
    const action = actionOf(event.key, isTyping(event.target), event.ctrlKey || event.metaKey || event.altKey);
    if (action === null) return;
    event.preventDefault();
    if (action === "next" || action === "previous") look(stepped(ids, id, action === "next" ? 1 : -1));
    else if (!mayJudge) return;
    else if (action === "undo") verdicts.undo();
    else if (row !== undefined) judge(row, action);
  };
  return (
    // The keys are announced below, and each has a button as well.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div className="work" role="group" aria-label={t("anomaly.title")} onKeyDown={onKey}>
      <Paper className="panel work-list">
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <ul ref={list} tabIndex={0} aria-label={t("anomaly.list")}>
          {rows.map((one) => (
            <Line key={one.id} anomaly={one} isLooked={one.id === id} look={() => look(one.id)} />
          ))}
        </ul>
        <More of={pages} atFoot />
      </Paper>
      <Stack gap="sm" className="work-detail">
        {id !== null && <AnomalyDetail key={id} id={id} judge={mayJudge ? judge : null} isBusy={verdicts.isBusy} note={note} setNote={setNote} look={look} />}
        {mayJudge && (
          <Text size="xs" className="quiet keys">
            {Object.entries(actions).map(([key, action]) => (
              <span key={key}>
                <Kbd size="xs">{key}</Kbd> {t(`anomalyKey.${action}`)}
              </span>
            ))}
            <Button size="compact-xs" variant="subtle" disabled={!verdicts.canUndo || verdicts.isBusy} onClick={verdicts.undo}>
              {t("common.undo")}
            </Button>
          </Text>
        )}
      </Stack>
    </div>
  );
}

function Line({ anomaly, isLooked, look }: { anomaly: Anomaly; isLooked: boolean; look: () => void }) {
  const { t, own, language } = useTexts();
  const isLasting = anomaly.ended_at === null;
  return (
    <li data-looked={isLooked} className={isLooked ? "looked" : undefined}>
      <button type="button" onClick={look} aria-current={isLooked}>
        <span className="cut">
          <Mark kind={isLasting ? "warn" : "quiet"} /> <b>{t(`anomalyKind.${anomaly.kind}`)}</b>
          {isLasting && ` · ${t("anomaly.lasts")}`}
        </span>
        <span className="cut quiet">
          {anomaly.device_name} · {own(anomaly.channel_name)}
        </span>
        <span className="cut quiet number">{formatTime(anomaly.started_at, language, anomaly.zone)}</span>
      </button>
    </li>
  );
}
