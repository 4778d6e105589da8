import { Button, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { useMe, useRights } from "../session/session";
import { Confirm } from "../ui/Confirm";
import { Loaded } from "../ui/Loaded";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";
import { BillingHead } from "./BillingTabs";
import { CyclePreview } from "./CyclePreview";
import { IssuerSection } from "./IssuerSection";
import { Problems, RunList } from "./RunList";
import { useBilledSites } from "./useBilling";
import { isMonth } from "./search";
import { UnbilledDays } from "./UnbilledDays";
import { moneyText, monthBefore, monthText } from "./words";

/** Issues the invoices of a month: look first, then begin, watch, stop, and begin again where it broke off. */
export function RunsPage() {
  const { t } = useTexts();
  const search = useSearch({ from: "/billing/runs" });
  const navigate = useNavigate({ from: "/billing/runs" });
  const sites = useBilledSites();
  const { zone } = useMe();
  const everywhere = useRights().on("bill", null);
  const month = search.month ?? monthBefore(live.clock, zone);
  const site = search.site ?? (everywhere ? null : (sites[0]?.id ?? null));
  return (
    <>
      <BillingHead title={t("billing.runs")} />
      <Stack gap="md">
        <UnbilledDays />
        <Section title={t("run.begin")} text={t("run.text")}>
          <div className="bill-three">
            <TextInput type="month" label={t("run.month")} value={month} onChange={({ currentTarget: { value } }) => void navigate({ search: (before) => ({ ...before, month: value }), replace: true })} />
            <NativeSelect
              label={t("run.site")}
              value={String(site ?? "")}
              onChange={({ currentTarget: { value } }) => void navigate({ search: value === "" ? { month } : { month, site: Number(value) }, replace: true })}
              data={[...(everywhere ? [{ value: "", label: t("role.everywhere") }] : []), ...sites.map(({ id, path }) => ({ value: String(id), label: path.join(" › ") }))]}
            />
          </div>
          {isMonth(month) && (everywhere || site !== null) && <Forecast month={month} site={site} />}
        </Section>
        <RunList />
        <IssuerSection />
      </Stack>
    </>
  );
}

/** Contracts with few or many days between their readings: they are billed, after somebody has had the chance to look. */
function Unusual({ cycles, month }: { cycles: readonly components["schemas"]["UnusualCycle"][]; month: string }) {
  const { t } = useTexts();
  if (cycles.length === 0) return null;
  return (
    <details>
      <summary>{t("run.unusual", { n: cycles.length })}</summary>
      <ul className="plain-list">
        {cycles.map(({ contract, days }) => (
          <li key={contract}>
            <b>{contract}</b>: {t("run.unusualDays", { days })} <CyclePreview number={contract} month={month} />
          </li>
        ))}
      </ul>
    </details>
  );
}

/** What a run would do by now. */
function Forecast({ month, site }: { month: string; site: number | null }) {
  const { t, language } = useTexts();
  const queries = useQueryClient();
  const [asks, ask] = useState(false);
  const forecast = useQuery({
    queryKey: ["run-preview", month, site],
    queryFn: () => take(api.GET("/api/v1/billing-runs/preview", { params: { query: { month, ...(site === null ? {} : { site_id: site }) } } })),
  });
  const begin = useMutation({
    mutationFn: () => take(api.POST("/api/v1/billing-runs", { body: { month, site_id: site } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["runs"] }),
  });
  return (
    <div style={{ marginTop: 14 }}>
      <Loaded query={forecast} height={80}>
        {(found) => (
          <Stack gap="xs" align="start">
            <div role="status" aria-label={t("run.forecast")} className="number">
              <b>{t(found.is_whole ? "run.ready" : "run.readyOrMore", { n: found.ready, total: moneyText(found.total, language), month: monthText(month, language) })}</b>{" "}
              <span className="quiet">{t("run.others", { passed: found.passed, failed: found.problems.length })}</span>
            </div>
            <Problems problems={found.problems} month={month} />
            <Unusual cycles={found.unusual} month={month} />
            <Refusal error={begin.error} />
            <Button onClick={() => ask(true)} loading={begin.isPending} disabled={found.ready === 0 && found.is_whole}>
              {found.contracts === 0 ? t("run.noContracts") : t("run.issue", { n: found.ready })}
            </Button>
            <Confirm opened={asks} question={t("run.issueAsk", { n: found.ready, month: monthText(month, language), total: moneyText(found.total, language) })} action={t("run.issue", { n: found.ready })} close={() => ask(false)} confirm={() => begin.mutate()} />
          </Stack>
        )}
      </Loaded>
    </div>
  );
}
