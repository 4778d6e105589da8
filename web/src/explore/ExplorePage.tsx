import { NativeSelect, Paper, Skeleton, Stack, Switch, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { ChartBar } from "../chart/ChartBar";
import { spanOf } from "../chart/range";
import { useSteps } from "../chart/useSteps";
import { useTexts } from "../i18n";
import { live, useWatch } from "../live/hooks";
import { PageTitle } from "../shell/Pages";
import { Section } from "../ui/Section";
import { type ExploreSearch, type Named, pasts, seriesIn, without, withoutSeries, withSeries } from "./address";
import { AggregateFields } from "./AggregateFields";
import { ChosenSeries } from "./ChosenSeries";
import "./explore.css";
import { ExploredCharts } from "./ExploredCharts";
import { PeriodForm } from "./PeriodForm";
import { SeriesPicker } from "./SeriesPicker";
import { NoteList } from "../notes/NoteList";
import { useNotes } from "../notes/useNotes";
import { StatisticsTable } from "./StatisticsTable";
import { useChosen } from "./useExplored";
import { UseMenu } from "./UseMenu";
import { CopyButton } from "../billing/CopyButton";
import { ViewsMenu } from "../views/ViewsMenu";

const EMPTY_HEIGHT = 120;

/** Any series side by side: chosen by search, over any time, against a time before, with what can be said of them. */
export function ExplorePage() {
  const { t } = useTexts();
  const search = useSearch({ from: "/explore" });
  const navigate = useNavigate({ from: "/explore" });
  const show = (next: ExploreSearch, replace = false) => void navigate({ search: next, replace });
  const series = useMemo(() => seriesIn(search.s), [search.s]);
  const chosen = useChosen(series);
  useWatch([...new Set(series.map(({ device }) => device))].sort());
  const fixed = search.from !== undefined && search.to !== undefined;
  const preset = fixed ? undefined : (search.range ?? "24h");
  const span = useMemo(
    () => (search.from !== undefined && search.to !== undefined ? { from: search.from, to: search.to, live: false } : spanOf(preset ?? "24h", live.now)),
    [search.from, search.to, preset],
  );
  const timeless = without(search, "range", "from", "to");
  const choosePreset = (range: NonNullable<ExploreSearch["range"]>) => show({ ...timeless, range });
  const chooseSpan = (from: number, to: number) => show({ ...timeless, from: Math.round(from), to: Math.round(to) });
  const keys = useMemo(() => [...new Set(series.map(({ device }) => device))].sort(), [series]);
  const { notes, layers } = useNotes(keys, span);
  const devices = useMemo(() => [...new Map(chosen.flatMap(({ from }) => (from === undefined ? [] : [[from.key, from] as const]))).values()], [chosen]);
  const steps = useSteps(span, choosePreset, chooseSpan);
  const zones = useMemo(() => [...new Set([...chosen.flatMap(({ from }) => (from === undefined ? [] : [from.zone])), Intl.DateTimeFormat().resolvedOptions().timeZone, "UTC"])], [chosen]);
  const zone = search.zone ?? zones[0] ?? "UTC";
  const toggled = (name: "apart" | "table", on: boolean) => show(on ? { ...search, [name]: true } : without(search, name), true);
  return (
    <>
      <PageTitle title={t("explore.title")}>
        <ViewsMenu page="/explore" search={search.s === undefined ? {} : search} />
        {series.length > 0 && <UseMenu chosen={chosen} calculated={search.f ?? []} devices={devices} span={span} zone={zone} />}
        {series.length > 0 && (
          <CopyButton text={location.href} variant="default">
            {t("explore.copyLink")}
          </CopyButton>
        )}
      </PageTitle>
      <Stack gap="md">
        <Paper className="panel" p="md">
          <SeriesPicker chosen={series} choose={(one: Named) => show(withSeries(search, one))} isFirst={series.length === 0} />
          <ChosenSeries chosen={chosen} search={search} remove={(one) => show(withoutSeries(search, one))} change={show} />
        </Paper>
        {series.length === 0 ? (
          <Paper className="panel" p="md" mih={EMPTY_HEIGHT}>
            <Text fw={600}>{t("explore.emptyTitle")}</Text>
            <Text className="quiet">{t("explore.empty")}</Text>
          </Paper>
        ) : (
          <>
            <Paper className="panel" p="md">
              <ExploredCharts
                search={search}
                chosen={chosen}
                span={span}
                zone={zone}
                steps={steps}
                chooseSpan={chooseSpan}
                layers={layers}
                bar={(isFetching, exports) => (
                  <>
                    <ChartBar span={span} preset={preset} steps={steps} table={search.table === true} isFetching={isFetching} choosePreset={choosePreset} chooseTable={(table) => toggled("table", table)}>
                      <PeriodForm span={span} zone={zone} choose={chooseSpan} />
                      {exports}
                    </ChartBar>
                    <div className="explore-choices">
                      <NativeSelect
                        size="xs"
                        label={t("explore.compare")}
                        value={search.past ?? ""}
                        onChange={({ currentTarget }) => {
                          const past = pasts.find((one) => one === currentTarget.value);
                          show(past === undefined ? without(search, "past") : { ...search, past });
                        }}
                        data={[{ value: "", label: t("explorePast.none") }, ...pasts.map((value) => ({ value, label: t(`explorePast.${value}`) }))]}
                      />
                      <AggregateFields search={search} show={show} />
                      <NativeSelect
                        size="xs"
                        label={t("explore.zone")}
                        value={zone}
                        onChange={({ currentTarget }) => show(currentTarget.value === zones[0] ? without(search, "zone") : { ...search, zone: currentTarget.value }, true)}
                        data={[...new Set([...zones, zone])]}
                      />
                      <Switch label={t("explore.apart")} checked={search.apart === true} onChange={({ currentTarget }) => toggled("apart", currentTarget.checked)} />
                    </div>
                  </>
                )}
              />
              <NoteList notes={notes} devices={devices} span={span} zone={zone} />
            </Paper>
            <Section title={t("explore.statistics")} text={t("explore.statisticsText")}>
              {chosen.some(({ found }) => found !== undefined) ? <StatisticsTable chosen={chosen} span={span} past={search.past} zone={zone} /> : <Skeleton height={EMPTY_HEIGHT} />}
            </Section>
          </>
        )}
      </Stack>
    </>
  );
}

