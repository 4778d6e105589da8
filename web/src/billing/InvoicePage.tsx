import { Figure } from "../ui/Facts";
import "./billing.css";
import { Button, Group, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { api, take } from "../api/client";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { seesSomething, useMe, useRights } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { Loaded } from "../ui/Loaded";
import { Section } from "../ui/Section";
import { qualityText } from "../ui/words";
import { CreditLeft } from "./CreditLeft";
import { InvoiceActions } from "./InvoiceActions";
import { InvoiceLines } from "./InvoiceLines";
import { InvoicePix } from "./InvoicePix";
import { InvoiceState } from "./InvoiceList";
import { NetMetering } from "./NetMetering";
import type { InvoiceWhole } from "./types";
import { cycleText, dayText, moneyText, quantityText } from "./words";

/** One invoice or credit note, for those who bill it and for who pays it. */
export function InvoicePage() {
  const { number } = useParams({ from: "/billing/invoices/$number" });
  const { t } = useTexts();
  const mayBill = useRights().somewhere("bill");
  const invoice = useQuery({ queryKey: ["invoice", number], queryFn: () => take(api.GET("/api/v1/invoices/{number}", { params: { path: { number } } })) });
  return (
    <>
      <PageTitle title={t("invoice.title", { number })}>
        <Button component="a" href={`/api/v1/invoices/${encodeURIComponent(number)}/pdf`} target="_blank" rel="noreferrer" variant="default">
          {t("invoice.pdf")}
        </Button>
        <Button component={Link} to={mayBill ? "/billing" : "/my"} variant="default">
          {t("common.back")}
        </Button>
      </PageTitle>
      <Loaded query={invoice} height={420}>
        {(found) => (
          <div className="bill-two">
            <Stack gap="md">
              <Facts invoice={found} />
              {found.credit !== null && <CreditLeft credit={found.credit} mayBill={mayBill} />}
              {mayBill && <InvoiceActions invoice={found} />}
              <InvoiceLines bill={found.bill} />
              <Readings invoice={found} />
              {found.net_metering !== null && <NetMetering credits={found.net_metering} />}
            </Stack>
            {found.pix !== null && (found.state === "issued" || found.state === "overdue") && <InvoicePix invoice={found} pix={found.pix} />}
          </div>
        )}
      </Loaded>
    </>
  );
}

function Facts({ invoice }: { invoice: InvoiceWhole }) {
  const { t, language } = useTexts();
  const rights = useRights();
  const seesDevices = seesSomething(useMe());
  return (
    <Section title={t(invoice.kind === "invoice" ? "invoice.invoice" : "invoice.creditNote")}>
      <Group justify="space-between" align="baseline" mb="sm">
        <div className="number bill-amount">{moneyText(invoice.total, language)}</div>
        <InvoiceState invoice={invoice} />
      </Group>
      <dl className="facts">
        <Figure name={t("invoice.customer")}>
          {rights.somewhere("bill") ? (
            <Link to="/billing/customers/$id" params={{ id: String(invoice.customer_id) }} className="plain-link">
              {invoice.customer}
            </Link>
          ) : (
            invoice.customer
          )}
        </Figure>
        <Figure name={t("invoice.cycle")}>{cycleText(invoice.from_day, invoice.until_day, language)}</Figure>
        <Figure name={t("invoice.consumption")}>
          {quantityText(invoice.quantity, invoice.unit, language)}
          {invoice.is_estimated && ` · ${t("invoice.estimated")}`}
        </Figure>
        {invoice.estimate !== null && <Figure name={t("invoice.estimateReason")}>{invoice.estimate.reason}</Figure>}
        <Figure name={t("invoice.contract")}>{invoice.contract}</Figure>
        <Figure name={t("invoice.device")}>
          {seesDevices ? (
            <Link to="/devices/$key/consumption" params={{ key: invoice.device }} search={{ channel: invoice.channel, view: "month", at: invoice.from_day }} className="plain-link">
              {invoice.device}
            </Link>
          ) : (
            invoice.device
          )}
        </Figure>
        <Figure name={t("invoice.issued")}>{dayText(invoice.issued_on, language)}</Figure>
        <Figure name={t("invoice.dueOn")}>{dayText(invoice.due_on, language)}</Figure>
        {invoice.paid_at !== null && <Figure name={t(invoice.credit === null ? "invoice.paidAt" : "invoice.paidOutAt")}>{formatTime(invoice.paid_at, language, invoice.zone)}</Figure>}
        {invoice.credits !== null && (
          <Figure name={t("invoice.credits")}>
            <Link to="/billing/invoices/$number" params={{ number: invoice.credits }} className="plain-link">
              {invoice.credits}
            </Link>
          </Figure>
        )}
      </dl>
    </Section>
  );
}

/** What the register showed at both ends, so that anybody can check the consumption at the meter. */
function Readings({ invoice }: { invoice: InvoiceWhole }) {
  const { t, language } = useTexts();
  if (invoice.readings.length === 0) return null;
  return (
    <Section title={t("invoice.readings")}>
      <ul className="plain-list">
        {invoice.readings.map((one) => (
          <li key={`${one.role} ${one.at}`} className="number">
            {t(`readingRole.${one.role}`)} · {formatTime(one.at, language, invoice.zone)}: <b>{quantityText(one.value, one.unit, language)}</b> · {qualityText(one.quality, t)}
          </li>
        ))}
      </ul>
      <RegisterParts invoice={invoice} />
      <Text size="xs" className="quiet" mt={4}>
        {t("invoice.readingsText", { zone: invoice.zone })}
      </Text>
    </Section>
  );
}

/** How the readings are the consumption, where the constant of the measurement is not 1. */
function RegisterParts({ invoice }: { invoice: InvoiceWhole }) {
  const { t, language } = useTexts();
  const parts = invoice.register_parts;
  if (parts.length === 0) return null;
  const amount = (value: string | null, unit: string) => (value === null ? "—" : quantityText(value, unit, language));
  return (
    <>
      <Table.ScrollContainer minWidth={420} mt="xs" scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table fz="sm" horizontalSpacing={6} aria-label={t("registerPart.title")}>
          <Table.Thead>
            <Table.Tr>
              {(["opening", "closing", "difference", "multiplier", "consumption"] as const).map((name) => (
                <Table.Th key={name} ta="right">
                  {t(`registerPart.${name}`)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {parts.map((one) => (
              <Table.Tr key={`${one.opening} ${one.multiplier}`} className="number">
                <Table.Td ta="right">{amount(one.opening, one.unit)}</Table.Td>
                <Table.Td ta="right">{amount(one.closing, one.unit)}</Table.Td>
                <Table.Td ta="right">{amount(one.difference, one.unit)}</Table.Td>
                <Table.Td ta="right">× {Number(one.multiplier).toLocaleString(language, { maximumFractionDigits: 6 })}</Table.Td>
                <Table.Td ta="right">
                  <b>{amount(one.consumption, one.consumption_unit)}</b>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {invoice.is_divided && (
        <Text size="xs" mt={4}>
          {t("registerPart.divided", { amount: quantityText(invoice.quantity, invoice.unit, language) })}
        </Text>
      )}
    </>
  );
}
