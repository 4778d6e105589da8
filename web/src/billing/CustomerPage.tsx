import { Button, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../api/client";
import { usePages } from "../api/usePages";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { Section } from "../ui/Section";
import { BillingHead } from "./BillingTabs";
import { Contracts } from "./Contracts";
import { CustomerForm } from "./CustomerForm";
import { CustomerPrivacy } from "./CustomerPrivacy";
import { InvoiceList } from "./InvoiceList";
import type { Customer } from "./types";

const PAGE = 13;

/** Who somebody is, what he pays for, and his invoices. */
export function CustomerPage() {
  const { id } = useParams({ from: "/billing/customers/$id" });
  const { t } = useTexts();
  const [edits, edit] = useState(false);
  const customerId = Number(id);
  const customer = useQuery({ queryKey: ["customer", customerId], queryFn: () => take(api.GET("/api/v1/customers/{customer_id}", { params: { path: { customer_id: customerId } } })) });
  const invoices = usePages(["invoices", { customer: customerId }], (after) => take(api.GET("/api/v1/invoices", { params: { query: { customer: customerId, ...after, limit: PAGE } } })));
  return (
    <>
      <BillingHead title={customer.data?.name ?? t("customers.one")}>
        <Button variant="default" onClick={() => edit(true)} disabled={customer.data === undefined}>
          {t("common.edit")}
        </Button>
        <Button component={Link} to="/billing/customers" variant="default">
          {t("common.back")}
        </Button>
      </BillingHead>
      <Loaded query={customer} height={300}>
        {(found) => (
          <Stack gap="md">
            <Facts customer={found} />
            <Contracts customer={found} />
            <Section title={t("billing.invoices")}>
              <InvoiceList invoices={invoices} none={<Text className="quiet">{t("customers.noInvoices")}</Text>} />
            </Section>
            <CustomerPrivacy customer={found} />
            {edits && <CustomerForm customer={found} close={() => edit(false)} done={() => undefined} />}
          </Stack>
        )}
      </Loaded>
    </>
  );
}

function Facts({ customer }: { customer: Customer }) {
  const { t } = useTexts();
  const facts = (["document", "email", "address", "city"] as const).filter((name) => customer[name] !== "");
  if (facts.length === 0) return null;
  return (
    <dl className="facts">
      {facts.map((name) => (
        <div key={name}>
          <dt>{t(`customer.${name}`)}</dt>
          <dd>{customer[name]}</dd>
        </div>
      ))}
    </dl>
  );
}
