import { Alert, Text } from "@mantine/core";
import { type Language, type Translate, useTexts } from "../i18n";
import type { Forecast } from "./types";
import { billingProblem, cycleText, moneyText, roundedText } from "./words";

/** What a running cycle will come to, beside what is usual, and what of it is worth a message. */
export function ForecastNote({ forecast }: { forecast: Forecast }) {
  const { t, language } = useTexts();
  const { consumption, bill, unit, used } = forecast;
  if (forecast.from_day === null || forecast.until_day === null) return null;
  const beside = [rangeText(forecast, t, language), usualText(forecast, t, language)].filter((one) => one !== "");
  return (
    <div role="group" aria-label={t("forecast.title", { contract: forecast.contract })}>
      <Text size="sm" className="number">
        {cycleText(forecast.from_day, forecast.until_day, language)}
        {used !== null && ` · ${t("forecast.used", { amount: roundedText(used, unit, language) })}`}
      </Text>
      {consumption !== null && bill !== null && (
        <>
          <Text className="number">
            {t("forecast.expected")} <b>{moneyText(bill.expected, language)}</b> · {roundedText(consumption.expected, unit, language)}
          </Text>
          {beside.length > 0 && (
            <Text size="sm" className="quiet number">
              {beside.join(" ")}
            </Text>
          )}
        </>
      )}
      {forecast.problem !== null && (
        <Text size="sm" className="quiet">
          {billingProblem(forecast.problem, t, language)}
        </Text>
      )}
      {forecast.warnings.length > 0 && (
        <Alert color="orange" variant="light" mt="xs" p="xs">
          {forecast.warnings.map((one) => (
            <div key={one.kind}>{warningText(one, unit, t, language)}</div>
          ))}
        </Alert>
      )}
    </div>
  );
}

/** Nothing where all days are alike, so that both bounds are the same amount. */
function rangeText({ bill, consumption, unit }: Forecast, t: Translate, language: Language): string {
  if (bill === null || consumption === null) return "";
  const [low, high] = [moneyText(bill.low, language), moneyText(bill.high, language)];
  return low === high ? "" : t("forecast.between", { low, high, least: roundedText(consumption.low, unit, language), most: roundedText(consumption.high, unit, language) });
}

function usualText({ usual, usual_bill: money, unit }: Forecast, t: Translate, language: Language): string {
  return usual === null ? "" : t("forecast.usual", { amount: roundedText(usual, unit, language), money: moneyText(money, language) });
}

function warningText(warning: Forecast["warnings"][number], unit: string, t: Translate, language: Language): string {
  const amount = (value: string) => (warning.kind === "bill_varies" ? moneyText(value, language) : roundedText(value, unit, language));
  return t(`warning.${warning.kind}`, {
    usual: amount(warning.usual),
    expected: amount(warning.expected),
    begins: warning.begins === null ? "" : roundedText(warning.begins, unit, language),
  });
}
