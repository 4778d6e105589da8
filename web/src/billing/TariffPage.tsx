import { Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { useTime } from "../session/time";
import { Held } from "../ui/Held";
import { Loaded } from "../ui/Loaded";
import { Section } from "../ui/Section";
import { BillingHead } from "./BillingTabs";
import { underKey, versionDays } from "./tariff";
import { TariffEditor } from "./TariffEditor";
import type { TariffWhole } from "./types";
import { dayText } from "./words";

const FIRST_EXAMPLE = "preco_por_unidade_agua";

/** One tariff: its text, versions, and who changed it when. */
export function TariffPage() {
  const { key } = useParams({ from: "/billing/tariffs/$key" });
  const { t, own } = useTexts();
  const tariff = useTariff(key);
  return (
    <>
      <BillingHead title={tariff.data === undefined ? key : own(tariff.data.name)}>
        <Back />
      </BillingHead>
      <Loaded query={tariff} height={500}>
        {(found) => (
          <>
            <Text mb="sm">
              {t("tariff.contracts", { n: found.contracts ?? 0 })} {t("tariff.explained")}
            </Text>
            <Held found={found} version={({ revision }) => revision}>
              {(base, holds) => (
                <TariffEditor initial={base.text} known={base} holds={holds} saved={() => holds(false)}>
                  <Versions tariff={base} />
                </TariffEditor>
              )}
            </Held>
          </>
        )}
      </Loaded>
    </>
  );
}

/** A new tariff, which begins as a copy of another one. */
export function NewTariffPage() {
  const { from = FIRST_EXAMPLE } = useSearch({ from: "/billing/new-tariff" });
  const { t } = useTexts();
  const navigate = useNavigate();
  const example = useTariff(from);
  return (
    <>
      <BillingHead title={t("tariffs.new")}>
        <Back />
      </BillingHead>
      <Text mb="sm">{t("tariffs.newText", { from })}</Text>
      <Loaded query={example} height={500}>
        {(found) => <TariffEditor key={found.key} initial={underKey(found.text, `${found.key.slice(0, 58)}_novo`)} known={null} saved={(key) => void navigate({ to: "/billing/tariffs/$key", params: { key }, ignoreBlocker: true })} />}
      </Loaded>
    </>
  );
}

function useTariff(key: string) {
  return useQuery({ queryKey: ["tariff", key], queryFn: () => take(api.GET("/api/v1/tariffs/{key}", { params: { path: { key } } })), staleTime: Infinity });
}

function Back() {
  const { t } = useTexts();
  return (
    <Button component={Link} to="/billing/tariffs" variant="default">
      {t("common.back")}
    </Button>
  );
}

function Versions({ tariff }: { tariff: TariffWhole }) {
  const { t, language } = useTexts();
  const time = useTime();
  const revisions = useQuery({ queryKey: ["tariff", tariff.key, "revisions"], queryFn: () => take(api.GET("/api/v1/tariffs/{key}/revisions", { params: { path: { key: tariff.key } } })) });
  return (
    <Section title={t("tariff.versions")} text={t("tariff.versionsText")}>
      <ul className="plain-list">
        {versionDays(tariff.content).map((day) => (
          <li key={day} className="number">
            {t("tariff.from", { day: dayText(day, language) })}
          </li>
        ))}
      </ul>
      <Text size="sm" fw={600} mt="sm">
        {t("tariff.revisions")}
      </Text>
      <ul className="plain-list">
        {revisions.data?.items.map((one) => (
          <li key={one.revision} className="number quiet">
            {t("tariff.revisionOf", { n: one.revision, by: one.made_by, time: time(one.made_at) })}
          </li>
        ))}
      </ul>
    </Section>
  );
}
