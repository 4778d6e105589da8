import { Table } from "@mantine/core";
import { type Language, useTexts } from "../i18n";
import { Section } from "../ui/Section";
import type { Bill, Line } from "./types";
import { cycleText, moneyText, priceText, quantityText } from "./words";

/** What is charged, line by line; several prices in one line are told one by one. */
export function InvoiceLines({ bill }: { bill: Bill }) {
  const { t } = useTexts();
  return (
    <Section title={t("invoice.lines")}>
      <BillTable bill={bill} />
    </Section>
  );
}

/** Where there is little room, quantity and price stand below the line's name. */
export function BillTable({ bill }: { bill: Bill }) {
  const { t, own, language } = useTexts();
  const isDivided = new Set(bill.lines.map((line) => line.from_day)).size > 1;
  return (
    <div className="bill-table">
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("line.name")}</Table.Th>
            <Table.Th ta="right" className="bill-whole">
              {t("line.quantity")}
            </Table.Th>
            <Table.Th ta="right" className="bill-whole">
              {t("line.price")}
            </Table.Th>
            <Table.Th ta="right">{t("line.amount")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="number">
          {bill.lines.map((line) => (
            <Table.Tr key={`${line.key} ${line.from_day} ${line.amount}`}>
              <Table.Th scope="row" fw={400}>
                {own(line.name)}
                {isDivided && <div className="quiet">{cycleText(line.from_day, line.until_day, language)}</div>}
                {line.is_estimated && <div className="quiet">{t("invoice.estimated")}</div>}
                <div className="quiet bill-brief">
                  {countText(line, language)}
                  <Prices line={line} />
                </div>
              </Table.Th>
              <Table.Td ta="right" className="bill-whole">
                {countText(line, language)}
              </Table.Td>
              <Table.Td ta="right" className="bill-whole">
                <Prices line={line} />
              </Table.Td>
              <Table.Td ta="right">{moneyText(line.amount, language)}</Table.Td>
            </Table.Tr>
          ))}
          <Sum name={t("line.total")} amount={bill.total} isTotal />
          {Object.entries(bill.taxes).map(([name, amount]) => (
            <Sum key={name} name={t("line.tax", { name: name.toUpperCase() })} amount={amount} />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

/** How much of it; nothing for what is an amount alone, such as a payment or a credit. */
function countText(line: Line, language: Language): string {
  return line.unit === "" && Number(line.quantity) === 0 ? "" : quantityText(line.quantity, line.unit, language);
}

/** The price of a unit; or of each step, where there are several. */
function Prices({ line }: { line: Line }) {
  const { language } = useTexts();
  if (line.unit_price !== null) return <div>{priceText(line.unit_price, language)}</div>;
  return line.steps.map((step) => (
    <div key={`${step.quantity} ${step.price}`}>
      {quantityText(step.quantity, "", language)} × {priceText(step.price, language)}
    </div>
  ));
}

function Sum({ name, amount, isTotal = false }: { name: string; amount: string; isTotal?: boolean }) {
  const { language } = useTexts();
  const look = isTotal ? { fw: 700 } : { fw: 400, className: "quiet" };
  return (
    <Table.Tr>
      <Table.Th scope="row" {...look}>
        {name}
      </Table.Th>
      <Table.Td className="bill-whole" colSpan={2} />
      <Table.Td ta="right" {...look}>
        {moneyText(amount, language)}
      </Table.Td>
    </Table.Tr>
  );
}
