import { Button, Group, Paper } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTexts } from "../i18n";
import { useTime } from "../session/time";
import { useRights } from "../session/session";
import { Loaded } from "../ui/Loaded";
import { BillingHead } from "./BillingTabs";
import { useTariffs } from "./useBilling";

/** All tariffs; each, also one of those that come with Calha, can be the beginning of another. */
export function TariffsPage() {
  const { t, own } = useTexts();
  const time = useTime();
  const mayWrite = useRights().on("bill", null);
  return (
    <>
      <BillingHead title={t("billing.tariffs")}>
        {mayWrite && (
          <Button component={Link} to="/billing/new-tariff">
            {t("tariffs.new")}
          </Button>
        )}
      </BillingHead>
      <Loaded query={useTariffs()} height={300}>
        {({ items }) => (
          <Paper className="panel bill-list" component="ul" aria-label={t("billing.tariffs")}>
            {items.map((tariff) => (
              <li key={tariff.key} className="bill-line">
                <div>
                  <Link to="/billing/tariffs/$key" params={{ key: tariff.key }} className="plain-link">
                    {own(tariff.name)}
                  </Link>
                  <div className="quiet">
                    {tariff.key} · {tariff.unit}
                  </div>
                </div>
                <div className="quiet number">{t("tariff.revisionOf", { n: tariff.revision, by: tariff.made_by, time: time(tariff.made_at) })}</div>
                <Group justify="end">
                  {mayWrite && (
                    <Button component={Link} to={`/billing/new-tariff?from=${tariff.key}`} size="compact-sm" variant="default" aria-label={`${t("tariffs.copy")}: ${own(tariff.name)}`}>
                      {t("tariffs.copy")}
                    </Button>
                  )}
                </Group>
              </li>
            ))}
          </Paper>
        )}
      </Loaded>
    </>
  );
}
