import { Button, Paper, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../api/client";
import { usePages } from "../api/usePages";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { More } from "../ui/More";
import { BillingHead } from "./BillingTabs";
import { CustomerForm } from "./CustomerForm";
import type { Customer } from "./types";

const PAGE = 100;

export function CustomersPage() {
  const { t } = useTexts();
  const { q } = useSearch({ from: "/billing/customers" });
  const navigate = useNavigate({ from: "/billing/customers" });
  const [adds, add] = useState(false);
  const searchSoon = useDebouncedCallback((text: string) => void navigate({ search: text === "" ? {} : { q: text }, replace: true }), 250);
  const customers = usePages(["customers", { q }], (after) => take(api.GET("/api/v1/customers", { params: { query: { ...(q === undefined ? {} : { search: q }), ...after, limit: PAGE } } })), { placeholderData: keepPreviousData });
  return (
    <>
      <BillingHead title={t("billing.customers")}>
        <Button onClick={() => add(true)}>{t("customers.new")}</Button>
      </BillingHead>
      <TextInput type="search" mb="sm" maw={420} aria-label={t("customers.search")} placeholder={t("customers.search")} defaultValue={q ?? ""} onChange={(event) => searchSoon(event.currentTarget.value)} />
      <Loaded query={customers} height={240}>
        {({ pages }) => {
          const found = pages.flatMap((page) => page.items);
          if (found.length === 0) return <Text className="quiet">{t(q === undefined ? "customers.none" : "customers.noMatch")}</Text>;
          return (
            <Paper className="panel bill-list" component="ul" aria-label={t("billing.customers")}>
              {found.map((customer) => (
                <CustomerLine key={customer.id} customer={customer} />
              ))}
            </Paper>
          );
        }}
      </Loaded>
      <More of={customers} />
      {adds && <CustomerForm close={() => add(false)} done={({ id }) => void navigate({ to: "/billing/customers/$id", params: { id: String(id) } })} />}
    </>
  );
}

function CustomerLine({ customer }: { customer: Customer }) {
  return (
    <li className="bill-line">
      <Link to="/billing/customers/$id" params={{ id: String(customer.id) }} className="plain-link">
        {customer.name}
      </Link>
      <div className="quiet">{[customer.address, customer.city].filter((text) => text !== "").join(", ")}</div>
      <div className="number quiet">{customer.document}</div>
    </li>
  );
}
