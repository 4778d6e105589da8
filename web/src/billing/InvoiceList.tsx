import { Paper } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { usePages } from "../api/usePages";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { More } from "../ui/More";
import { Mark, type MarkKind } from "../ui/Mark";
import type { Invoice } from "./types";
import { cycleText, dayText, moneyText } from "./words";

const marks: Record<Invoice["state"], MarkKind> = { issued: "quiet", overdue: "warn", paid: "ok", cancelled: "quiet", replaced: "quiet" };

export function InvoiceState({ invoice }: { invoice: Pick<Invoice, "state" | "kind" | "total"> }) {
  const { t } = useTexts();
  if (invoice.kind === "credit_note") return <span className="bill-state">{t("invoice.creditNote")}</span>;
  if (invoice.state === "paid" && Number(invoice.total) < 0) return <span className="bill-state">{t("invoiceState.credit")}</span>;
  return (
    <span className="bill-state">
      <Mark kind={marks[invoice.state]} /> {t(`invoiceState.${invoice.state}`)}
    </span>
  );
}

/** Invoices and credit notes, page after page; `none` where there are none. */
export function InvoiceList({ invoices, none }: { invoices: ReturnType<typeof usePages<Invoice>>; none: ReactNode }) {
  const { t } = useTexts();
  return (
    <>
      <Loaded query={invoices} height={240}>
        {({ pages }) => {
          const found = pages.flatMap((page) => page.items);
          if (found.length === 0) return none;
          return (
            <Paper className="panel bill-list" component="ul" aria-label={t("billing.invoices")}>
              {found.map((invoice) => (
                <InvoiceLine key={invoice.number} invoice={invoice} />
              ))}
            </Paper>
          );
        }}
      </Loaded>
      <More of={invoices} />
    </>
  );
}

function InvoiceLine({ invoice }: { invoice: Invoice }) {
  const { t, language } = useTexts();
  return (
    <li className="bill-line">
      <div>
        <Link to="/billing/invoices/$number" params={{ number: invoice.number }} className="plain-link number">
          {invoice.number}
        </Link>
        <div>{invoice.customer}</div>
      </div>
      <div className="number">
        {cycleText(invoice.from_day, invoice.until_day, language)}
        <div className="quiet">
          {invoice.contract}
          {invoice.is_estimated && ` · ${t("invoice.estimated")}`}
          {(invoice.state === "issued" || invoice.state === "overdue") && ` · ${t("invoice.due", { day: dayText(invoice.due_on, language) })}`}
        </div>
      </div>
      <div>
        <b className="number">{moneyText(invoice.total, language)}</b>
        <div>
          <InvoiceState invoice={invoice} />
        </div>
      </div>
    </li>
  );
}
