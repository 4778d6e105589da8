import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { usePages } from "../api/usePages";
import { api, take } from "../api/client";
import { CopyButton } from "../billing/CopyButton";
import { InvoiceState } from "../billing/InvoiceList";
import type { Invoice } from "../billing/types";
import { cycleText, dayText, moneyText } from "../billing/words";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { More } from "../ui/More";

/** What somebody has to pay and has paid, with the Pix code at hand. */
export function OwnInvoices({ invoices }: { invoices: ReturnType<typeof usePages<Invoice>> }) {
  const { t } = useTexts();
  return (
    <>
      <Loaded query={invoices} height={160}>
        {({ pages }) => {
          const found = pages.flatMap((page) => page.items);
          if (found.length === 0) return <Text className="quiet">{t("portal.noInvoices")}</Text>;
          return (
            <ul className="plain-list">
              {found.map((invoice) => (
                <OwnInvoice key={invoice.number} invoice={invoice} />
              ))}
            </ul>
          );
        }}
      </Loaded>
      <More of={invoices} />
    </>
  );
}

function OwnInvoice({ invoice }: { invoice: Invoice }) {
  const { t, language } = useTexts();
  const isOpen = invoice.kind === "invoice" && (invoice.state === "issued" || invoice.state === "overdue");
  return (
    <li className="list-line">
      <Group justify="space-between" gap="xs">
        <div>
          <b className="number">{moneyText(invoice.total, language)}</b> · <InvoiceState invoice={invoice} />
          <div className="number quiet">
            {cycleText(invoice.from_day, invoice.until_day, language)}
            {isOpen && ` · ${t("invoice.due", { day: dayText(invoice.due_on, language) })}`}
          </div>
        </div>
        <Group gap="xs">
          {isOpen && <CopyPix number={invoice.number} />}
          <Button component="a" href={`/api/v1/invoices/${encodeURIComponent(invoice.number)}/pdf`} target="_blank" rel="noreferrer" size="xs" variant="default" aria-label={`${t("invoice.pdf")} ${invoice.number}`}>
            PDF
          </Button>
          <Button component={Link} to={`/billing/invoices/${encodeURIComponent(invoice.number)}`} size="xs" variant="default" aria-label={`${t("portal.open")} ${invoice.number}`}>
            {t("portal.open")}
          </Button>
        </Group>
      </Group>
    </li>
  );
}

/** An open invoice's Pix code, asked for beforehand, as some browsers let a page copy only at the very click. */
function CopyPix({ number }: { number: string }) {
  const { t } = useTexts();
  const invoice = useQuery({ queryKey: ["invoice", number], queryFn: () => take(api.GET("/api/v1/invoices/{number}", { params: { path: { number } } })) });
  const pix = invoice.data?.pix ?? null;
  if (pix === null) return null;
  return (
    <CopyButton size="xs" text={pix}>
      {t("pix.copy")}
    </CopyButton>
  );
}
