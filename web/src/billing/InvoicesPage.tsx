import { Button, NativeSelect, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { api, take } from "../api/client";
import { usePages } from "../api/usePages";
import { useTexts } from "../i18n";
import type { InvoicesSearch } from "../router";
import { BillingHead } from "./BillingTabs";
import { CustomerSelect } from "./CustomerSelect";
import { Differences } from "./Differences";
import { InvoiceList } from "./InvoiceList";
import { INVOICE_STATES, isMonth } from "./search";

const PAGE = 50;

/** All invoices, newest first, by number, state, month and customer. */
export function InvoicesPage() {
  const { t } = useTexts();
  const search = useSearch({ from: "/billing" });
  const navigate = useNavigate({ from: "/billing" });
  const { q, ...filters } = search;
  const invoices = usePages(["invoices", search], (after) => take(api.GET("/api/v1/invoices", { params: { query: { ...filters, ...(q === undefined ? {} : { search: q }), ...after, limit: PAGE } } })), { placeholderData: keepPreviousData });
  const show = (change: { [Name in keyof InvoicesSearch]: InvoicesSearch[Name] | undefined }) => void navigate({ search: (before) => given({ ...before, ...change }), replace: true });
  const searchSoon = useDebouncedCallback((text: string) => show({ q: text === "" ? undefined : text }), 250);
  return (
    <>
      <BillingHead title={t("billing.invoices")} />
      <div className="filters">
        <TextInput type="search" aria-label={t("invoices.search")} placeholder={t("invoices.search")} defaultValue={q ?? ""} maxLength={32} onChange={(event) => searchSoon(event.currentTarget.value)} />
        <CustomerSelect label={t("invoice.customer")} value={search.customer ?? null} onChange={(customer) => show({ customer: customer ?? undefined })} />
        <NativeSelect
          aria-label={t("invoice.state")}
          value={search.state ?? ""}
          onChange={({ currentTarget: { value } }) => show({ state: INVOICE_STATES.find((one) => one === value) })}
          data={[{ value: "", label: t("invoices.anyState") }, ...INVOICE_STATES.map((value) => ({ value, label: t(`invoiceState.${value}`) }))]}
        />
        <TextInput type="month" aria-label={t("invoices.month")} value={search.month ?? ""} onChange={({ currentTarget: { value } }) => show({ month: isMonth(value) ? value : undefined })} />
      </div>
      {search.month !== undefined && <Differences month={search.month} />}
      <InvoiceList invoices={invoices} none={<Nothing isFiltered={Object.keys(search).length > 0} />} />
    </>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  const { t } = useTexts();
  if (isFiltered) return <Text className="quiet">{t("invoices.noMatch")}</Text>;
  return (
    <>
      <Text mb="sm">{t("invoices.none")}</Text>
      <Button component={Link} to="/billing/runs">
        {t("invoices.begin")}
      </Button>
    </>
  );
}

/** Without what is not asked for. */
function given(search: { [Name in keyof InvoicesSearch]: InvoicesSearch[Name] | undefined }): InvoicesSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined));
}
