import "../consumption/consumption.css";
import { Button, Group, Paper, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { amountText, BarChart } from "../consumption/BarChart";
import type { Interval } from "../consumption/bars";
import { PeriodSteps } from "../consumption/PeriodSteps";
import { dayAt, inside, type Period, periodOf, seenAs, views } from "../consumption/period";
import { formatNumber } from "../format";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { PageTitle } from "../shell/Pages";
import { sitesQuery } from "../sites/queries";
import { Loaded } from "../ui/Loaded";
import { Segments } from "../ui/Segments";
import { qualityText } from "../ui/words";
import { BalanceMeters } from "./BalanceMeters";
import { Leakage } from "./Leakage";
import { type Balance, useBalance } from "./useBalance";

const UNIT = "m³";

/** What a site's inlets brought, what was used in it and below, and what is missing. */
export function BalancePage() {
  const id = Number(useParams({ from: "/sites/$id/balance" }).id);
  const { t } = useTexts();
  const search = useSearch({ from: "/sites/$id/balance" });
  const navigate = useNavigate({ from: "/sites/$id/balance" });
  const sites = useQuery(sitesQuery);
  const site = sites.data?.items.find((one) => one.id === id);
  const today = dayAt(live.clock, site?.zone ?? "UTC");
  const period = periodOf(search.view ?? "month", search.at ?? today);
  const balance = useBalance(id, period);
  const show = (shown: Period) => void navigate({ search: shown });
  return (
    <>
      <PageTitle title={t("balance.title", { name: site?.name ?? "" })}>
        <Button component={Link} to="/sites" variant="default">
          {t("common.back")}
        </Button>
      </PageTitle>
      <Stack gap="lg">
        <Paper className="panel" p="md" component="section" aria-label={t("balance.chart")}>
          <Group gap="xs" mb="sm">
            <Segments size="xs" aria-label={t("consumption.view")} value={period.view} onChange={(view) => show(seenAs(view, period, today))} data={views.map((value) => ({ value, label: t(`consumption.${value}`) }))} />
            <PeriodSteps period={period} today={today} show={show} />
          </Group>
          <Loaded query={balance} height={340}>
            {(found) => (
              <>
                <Facts balance={found} />
                <BarChart
                  intervals={columns(found, found.supply ?? found.used)}
                  before={found.supply === null ? [] : columns(found, found.used)}
                  marks={[]}
                  unit={UNIT}
                  view={period.view}
                  zone={found.zone}
                  label={t("balance.chart")}
                  open={inside(period, period.at) === null ? null : ({ from }) => show(inside(period, dayAt(from, found.zone)) ?? period)}
                />
                <Text size="sm" className="quiet">
                  {t(found.supply === null ? "balance.noInlet" : "balance.legend")}
                </Text>
              </>
            )}
          </Loaded>
        </Paper>
        {balance.data !== undefined && <BalanceMeters site={id} balance={balance.data} />}
        {balance.data !== undefined && <Leakage site={id} balance={balance.data} />}
      </Stack>
    </>
  );
}

function columns(balance: Balance, amounts: readonly (number | null)[]): Interval[] {
  return amounts.map((amount, index) => ({ from: balance.t[index] ?? 0, to: balance.t[index + 1] ?? 0, amount, quality: (balance.missing[index] ?? 0) > 0 ? "uncertain" : "good", coverage: 1 }));
}

function sum(amounts: readonly (number | null)[]): number | null {
  return amounts.some((one) => one === null) ? null : amounts.reduce<number>((total, one) => total + (one ?? 0), 0);
}

function Facts({ balance }: { balance: Balance }) {
  const { t, language } = useTexts();
  const share = balance.losses_percent === null ? "" : ` (${formatNumber(balance.losses_percent, 1, language)} %)`;
  const facts = [
    { name: t("balance.supply"), amounts: balance.supply, more: "" },
    { name: t("balance.exported"), amounts: balance.exported, more: "" },
    { name: t("balance.used"), amounts: balance.used, more: "" },
    { name: t("balance.losses"), amounts: balance.losses, more: share },
  ];
  return (
    <>
      <Group gap="xl" mb="xs" component="dl" m={0}>
        {facts.map(
          ({ name, amounts, more }) =>
            amounts !== null && (
              <div key={name}>
                <Text component="dt" size="sm" className="quiet">
                  {name}
                </Text>
                <Text component="dd" m={0} className="number" fw={600}>
                  {amountText(sum(amounts), UNIT, language)}
                  {more}
                </Text>
              </div>
            ),
        )}
      </Group>
      <Text size="sm" className="quiet">
        {t("chart.quality")}: {qualityText(balance.quality, t)}
      </Text>
    </>
  );
}
