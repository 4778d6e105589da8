import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { ForecastNote } from "../billing/ForecastNote";
import { useTexts } from "../i18n";
import { Section } from "../ui/Section";

/** What somebody's running cycles will come to; nothing for who has no contract that runs. */
export function OwnForecasts() {
  const { t } = useTexts();
  const forecasts = useQuery({ queryKey: ["own-forecasts"], queryFn: () => take(api.GET("/api/v1/account/forecasts")) });
  const found = forecasts.data?.items ?? [];
  if (found.length === 0) return null;
  return (
    <Section title={t("portal.running")} text={t("portal.runningText")}>
      <Stack gap="sm">
        {found.map((forecast) => (
          <div key={forecast.contract}>
            {found.length > 1 && (
              <Text fw={600}>
                {forecast.contract} · {forecast.device}
              </Text>
            )}
            <ForecastNote forecast={forecast} />
          </div>
        ))}
      </Stack>
    </Section>
  );
}
