import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { Lots } from "../billing/NetMetering";
import { dayText, quantityText } from "../billing/words";
import { useTexts } from "../i18n";
import { Section } from "../ui/Section";

/** The credits of somebody's injected energy; nothing for who injects none. */
export function OwnCredits() {
  const { t, language } = useTexts();
  const credits = useQuery({ queryKey: ["own-credits"], queryFn: () => take(api.GET("/api/v1/account/credits")) });
  const found = credits.data?.items ?? [];
  if (found.length === 0) return null;
  return (
    <Section title={t("portal.credits")} text={t("portal.creditsText")}>
      {found.map((one) => (
        <div key={one.contract}>
          <Text className="number">
            {found.length > 1 && `${one.contract}: `}
            <b>{quantityText(one.balance, one.unit, language)}</b>
            {one.lots[0] !== undefined && ` · ${t("portal.creditsNext", { amount: quantityText(one.lots[0].amount, one.unit, language), day: dayText(one.lots[0].expires, language) })}`}
          </Text>
          <Lots lots={one.lots} unit={one.unit} />
        </div>
      ))}
    </Section>
  );
}
