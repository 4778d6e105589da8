import { Alert, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { CyclePreview } from "./CyclePreview";
import { cycleText } from "./words";

/** Days that are over and that no invoice charges, with the way to bill them; nothing while there are none. */
export function UnbilledDays() {
  const { t, language } = useTexts();
  const found = useQuery({ queryKey: ["invoices", "unbilled"], queryFn: () => take(api.GET("/api/v1/unbilled-days")) }).data;
  if (found === undefined || found.cycles.length === 0) return null;
  return (
    <Alert color="orange" variant="light" role="region" aria-label={t("unbilledDays.title")} title={t("unbilledDays.title")}>
      <Text size="sm" mb="xs">
        {t("unbilledDays.text")}
      </Text>
      <ul className="plain-list">
        {found.cycles.map((one) => (
          <li key={`${one.contract} ${one.from_day}`} className="number">
            <b>{one.contract}</b>{" "}
            <Link to="/billing/customers/$id" params={{ id: String(one.customer_id) }} className="plain-link">
              {one.customer}
            </Link>
            : {cycleText(one.from_day, one.until_day, language)}{" "}
            {one.invoice === null ? (
              <CyclePreview number={one.contract} month={one.from_day.slice(0, 7)} />
            ) : (
              <>
                {t("unbilledDays.again")}{" "}
                <Link to="/billing/invoices/$number" params={{ number: one.invoice }} className="plain-link">
                  {one.invoice}
                </Link>
              </>
            )}
          </li>
        ))}
      </ul>
      {!found.is_whole && (
        <Text size="sm" mt="xs">
          {t("unbilledDays.more", { n: found.cycles.length })}
        </Text>
      )}
    </Alert>
  );
}
