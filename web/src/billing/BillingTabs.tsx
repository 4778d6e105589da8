import "./billing.css";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTexts } from "../i18n";
import { PageTitle } from "../shell/Pages";

const tabs = [
  { to: "/billing", text: "billing.invoices" },
  { to: "/billing/customers", text: "billing.customers" },
  { to: "/billing/tariffs", text: "billing.tariffs" },
  { to: "/billing/runs", text: "billing.runs" },
  { to: "/billing/payments", text: "billing.payments" },
] as const;

/** The head of each page of billing: its name, what one does there, and the way to the others. */
export function BillingHead({ title, children }: { title: string; children?: ReactNode }) {
  const { t } = useTexts();
  return (
    <>
      <PageTitle title={title}>{children}</PageTitle>
      <nav className="bill-tabs" aria-label={t("nav.billing")}>
        {tabs.map(({ to, text }) => (
          <Link key={to} to={to} activeOptions={{ exact: to === "/billing", includeSearch: false }}>
            {t(text)}
          </Link>
        ))}
      </nav>
    </>
  );
}
