import { Paper, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { Mark } from "../ui/Mark";
import { Section } from "../ui/Section";
import { CreditFate } from "./CreditLeft";
import { moneyText } from "./words";

/** What customers have to their credit, and where it goes; those of ended contracts wait for a person. */
export function OpenCredits() {
  const { t, language } = useTexts();
  const credits = useQuery({ queryKey: ["invoices", "credits"], queryFn: () => take(api.GET("/api/v1/open-credits")) });
  return (
    <Section title={t("openCredits.title")} text={t("openCredits.text")}>
      <Loaded query={credits} height={80}>
        {(found) => {
          if (found.credits.length === 0) return <Text className="quiet">{t("openCredits.none")}</Text>;
          return (
            <>
              <Paper className="bill-list" component="ul" bg="transparent" aria-label={t("openCredits.title")}>
                {found.credits.map((one) => (
                  <li key={one.number} className="bill-line">
                    <div>
                      <Link to="/billing/invoices/$number" params={{ number: one.number }} className="plain-link number">
                        {one.number}
                      </Link>
                      <div>
                        <Link to="/billing/customers/$id" params={{ id: String(one.customer_id) }} className="plain-link">
                          {one.customer}
                        </Link>
                      </div>
                    </div>
                    <div>
                      <CreditFate credit={one} mayBill />
                    </div>
                    <div>
                      <b className="number">{moneyText(one.amount, language)}</b>
                      {one.is_stranded && (
                        <div>
                          <span className="bill-state">
                            <Mark kind="warn" /> {t("openCredits.stranded")}
                          </span>
                        </div>
                      )}
                    </div>
                  </li>
                ))}
              </Paper>
              {!found.is_whole && <Text size="sm">{t("openCredits.more", { n: found.credits.length })}</Text>}
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}
