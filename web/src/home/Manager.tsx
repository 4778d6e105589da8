import { Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, type Site, take } from "../api/client";
import type { components } from "../api/schema";
import { type Balance, useBalance } from "../balance/useBalance";
import { moneyText } from "../billing/words";
import { amountText } from "../consumption/BarChart";
import { dayAt, moved, type Period, periodOf, titleOf } from "../consumption/period";
import { formatNumber } from "../format";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { useRights } from "../session/session";
import { sitesQuery } from "../sites/queries";
import { Loaded } from "../ui/Loaded";
import { Mark } from "../ui/Mark";
import { Scrolled } from "../ui/Scrolled";
import { Section } from "../ui/Section";
import { Awaited, Indicator, Indicators, type Shown } from "./Indicator";
import { type Presence, usePresenceOf } from "./usePlant";

const UNIT = "m³";
const MOST_SITES = 12;
const MOST_INVOICES = 500;

/** How much was used, lost and billed, how sure that is, and whether the plant reports. */
export function Manager() {
  const bills = useRights().somewhere("bill");
  return (
    <>
      <Reporting bills={bills} />
      <Consumption />
    </>
  );
}

function Reporting({ bills }: { bills: boolean }) {
  const { t, language } = useTexts();
  const available = ({ online, late, silent }: Presence): Shown => {
    const total = online + late + silent;
    return total === 0 ? { value: "—", note: t("home.noneReported") } : { value: `${formatNumber((online / total) * 100, 1, language)} %`, note: t("home.availableNote") };
  };
  return (
    <Indicators>
      <Indicator name={t("home.available")} query={usePresenceOf()} show={available} to="/" />
      {bills && <Money state="overdue" name={t("home.overdue")} />}
      {bills && <Money state="issued" name={t("home.toBePaid")} />}
    </Indicators>
  );
}

function Money({ state, name }: { state: "overdue" | "issued"; name: string }) {
  const { t, language } = useTexts();
  const found = useQuery({ queryKey: ["invoices", "home", state], queryFn: () => take(api.GET("/api/v1/invoices", { params: { query: { state, limit: MOST_INVOICES } } })) });
  const sum = ({ items, next }: components["schemas"]["Page_InvoiceAnswer_"]): Shown => {
    const invoices = items.filter(({ kind }) => kind === "invoice");
    const cents = invoices.reduce((before, { total }) => before + Math.round(Number(total) * 100), 0);
    const note = t(next === null || next === undefined ? "home.invoices" : "home.invoicesAtLeast", { n: invoices.length });
    return { value: moneyText((cents / 100).toFixed(2), language), note, mark: state === "overdue" && invoices.length > 0 && <Mark kind="warn" /> };
  };
  return <Indicator name={name} query={found} show={sum} to={`/billing?state=${state}`} />;
}

/** The sites at the top of what the person sees, a line each. */
function Consumption() {
  const sites = useQuery(sitesQuery);
  return (
    <Loaded query={sites} height={240}>
      {({ items }) => <Water sites={items} />}
    </Loaded>
  );
}

function Water({ sites }: { sites: readonly Site[] }) {
  const { t, language } = useTexts();
  const known = new Set(sites.map(({ id }) => id));
  const tops = sites.filter(({ parent_id }) => parent_id === null || !known.has(parent_id));
  const shown = tops.length === 1 ? [...tops, ...sites.filter(({ parent_id }) => parent_id === tops[0]?.id)] : tops;
  const period = periodOf("month", dayAt(live.clock, shown[0]?.zone ?? "UTC"));
  return (
    <Section title={t("home.water", { month: titleOf(period, language) })} text={t("home.waterText")}>
      <Scrolled label={t("home.waterTable")}>
        <Table className="number">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("devices.site")}</Table.Th>
              <Table.Th ta="right">{t("balance.used")}</Table.Th>
              <Table.Th ta="right">{t("home.before")}</Table.Th>
              <Table.Th ta="right">{t("balance.losses")}</Table.Th>
              <Table.Th ta="right">{t("home.observed")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.slice(0, MOST_SITES).map((site) => (
              <SiteLine key={site.id} site={site} period={period} />
            ))}
          </Table.Tbody>
        </Table>
      </Scrolled>
      {shown.length > MOST_SITES && (
        <Text size="sm">
          <Link to="/sites">{t("home.allSites", { n: sites.length })}</Link>
        </Text>
      )}
    </Section>
  );
}

function SiteLine({ site, period }: { site: Site; period: Period }) {
  const { language } = useTexts();
  const asked = useBalance(site.id, period);
  const askedBefore = useBalance(site.id, moved(period, -1));
  const [now, before] = [asked.data, askedBefore.data];
  const losses = now?.losses_percent;
  return (
    <Table.Tr>
      <Table.Td>
        <Link to="/sites/$id/balance" params={{ id: String(site.id) }} className="plain-link">
          {site.name}
        </Link>
      </Table.Td>
      <Table.Td ta="right">{now === undefined ? <Awaited query={asked} /> : amountText(used(now), UNIT, language)}</Table.Td>
      <Table.Td ta="right" className="quiet">
        {before === undefined ? <Awaited query={askedBefore} /> : amountText(used(before), UNIT, language)}
      </Table.Td>
      <Table.Td ta="right">{now === undefined ? "" : losses === null || losses === undefined ? "—" : `${formatNumber(losses, 1, language)} %`}</Table.Td>
      <Table.Td ta="right">{now === undefined ? "" : observed(now) === null ? "—" : `${formatNumber(observed(now) ?? 0, 0, language)} %`}</Table.Td>
    </Table.Tr>
  );
}

function used(balance: Balance): number | null {
  return balance.parts.length === 0 ? null : balance.used.reduce((sum, one) => sum + one, 0);
}

/** Which share of the time the meters that count were observed, in percent. */
function observed({ parts }: Balance): number | null {
  return parts.length === 0 ? null : (parts.reduce((sum, { coverage }) => sum + coverage, 0) / parts.length) * 100;
}
