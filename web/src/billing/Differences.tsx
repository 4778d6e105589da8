import { Alert, Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { billingProblem, differenceText, moneyText } from "./words";

/** Invoices of a month, or of one contract in it, that would be another amount with what is known by now. */
export function useDifferences(month: string, contract?: string, enabled = true) {
  return useQuery({
    queryKey: ["invoice-differences", month, contract],
    queryFn: () => take(api.GET("/api/v1/invoices/differences", { params: { query: { month, ...(contract === undefined ? {} : { contract }) } } })),
    enabled,
  });
}

/** What would differ today in a month; nothing while all invoices are right. */
export function Differences({ month }: { month: string }) {
  const { t, language } = useTexts();
  const found = useDifferences(month).data?.items ?? [];
  if (found.length === 0) return null;
  return (
    <Alert color="orange" variant="light" mb="sm" title={t("difference.some", { n: found.length })}>
      <ul className="plain-list">
        {found.map((one) => (
          <li key={one.number} className="number">
            <Link to="/billing/invoices/$number" params={{ number: one.number }} className="plain-link">
              {one.number}
            </Link>{" "}
            {one.customer}: {moneyText(one.issued, language)} → {one.problem === null ? `${moneyText(one.now, language)} (${differenceText(one.difference, language)})` : billingProblem(one.problem, t, language)}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

/** The same for one invoice that is in force, with the way to issue it again. */
export function OwnDifference({ number, month, contract, issueAgain }: { number: string; month: string; contract: string; issueAgain: () => void }) {
  const { t, language } = useTexts();
  const one = useDifferences(month, contract).data?.items.find((found) => found.number === number);
  if (one === undefined) return null;
  return (
    <Alert color="orange" variant="light" title={t("difference.title")} role="status">
      <Text size="sm" className="number" mb="xs">
        {moneyText(one.issued, language)} → <b>{one.now === null ? billingProblem(one.problem ?? "", t, language) : moneyText(one.now, language)}</b>
        {one.difference !== null && ` (${differenceText(one.difference, language)})`}. {t("difference.text")}
      </Text>
      {one.now !== null && (
        <Button size="xs" onClick={issueAgain}>
          {t("invoice.reissue")}
        </Button>
      )}
    </Alert>
  );
}
