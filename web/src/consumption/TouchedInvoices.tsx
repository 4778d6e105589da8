import { Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { components } from "../api/schema";
import { billingProblem, differenceText, moneyText } from "../billing/words";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";

export type Touched = components["schemas"]["TouchedInvoices"];

const SHOWN = 5;

/** Which invoices a change would touch and by how much, asked a moment after the last key. Silent while the change cannot be made. */
export function TouchedInvoices<T>({ about, asked, enabled, ask }: { about: string; asked: T; enabled: boolean; ask: (asked: T) => Promise<Touched> }) {
  const { t } = useTexts();
  const [settled] = useDebouncedValue(asked, 300);
  const { data } = useQuery({ queryKey: ["touched-invoices", about, settled], queryFn: () => ask(settled), enabled, retry: false, gcTime: 0 });
  if (!enabled || data === undefined) return null;
  return data.invoices.length === 0 && data.is_whole ? <Text size="sm">{t("touched.none")}</Text> : <TouchedList touched={data} />;
}

/** The invoices and by how much each would differ. */
export function TouchedList({ touched: { invoices, is_whole } }: { touched: Touched }) {
  const { t, language } = useTexts();
  return (
    <div className="effect" role="status" aria-label={t("touched.label")}>
      <Text size="sm" fw={600}>
        {t(is_whole ? "touched.some" : "touched.more", { n: invoices.length })}
      </Text>
      {invoices.slice(0, SHOWN).map((one) => (
        <Text size="sm" className="number" key={one.number}>
          <InvoiceNumber number={one.number} />: {moneyText(one.issued, language)} → <b>{one.then === null ? billingProblem(one.problem ?? "", t, language) : moneyText(one.then, language)}</b>
          {one.difference !== null && ` (${differenceText(one.difference, language)})`}
        </Text>
      ))}
      {invoices.length > SHOWN && <Text size="sm">…</Text>}
    </div>
  );
}

/** Beside what is being typed, so that it is not lost: there the invoice can be issued again. */
function InvoiceNumber({ number }: { number: string }) {
  const mayBill = useRights().somewhere("bill");
  if (!mayBill) return number;
  return (
    <Link to="/billing/invoices/$number" params={{ number }} target="_blank" className="plain-link">
      {number}
    </Link>
  );
}
