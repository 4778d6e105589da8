import "../billing/billing.css";
import { Button, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Suspense } from "react";
import { api, take } from "../api/client";
import { usePages } from "../api/usePages";
import { newestDay, periodOf, seenAs, views } from "../consumption/period";
import { PeriodSteps } from "../consumption/PeriodSteps";
import { type OwnDevice, useOwnDevices } from "../devices/own";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { useMe } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { Segments } from "../ui/Segments";
import { download } from "../ui/download";
import { Loaded } from "../ui/Loaded";
import { Refusal } from "../ui/Saving";
import { later } from "../ui/later";
import { Section } from "../ui/Section";
import { OwnForecasts } from "./OwnForecasts";
import { OwnInvoices } from "./OwnInvoices";
import { OwnMeter } from "./OwnMeter";

const OwnCredits = later(async () => (await import("./OwnCredits")).OwnCredits);

const PAGE = 12;
const NO_DEVICES: readonly OwnDevice[] = [];

/** What somebody sees who pays: his meters by day, month and year, his invoices, and all that is known of him. */
export function PortalPage() {
  const { t } = useTexts();
  const me = useMe();
  const invoices = usePages(["own-invoices"], (after) => take(api.GET("/api/v1/account/invoices", { params: { query: { ...after, limit: PAGE } } })));
  return (
    <>
      <PageTitle title={t("portal.title")}>{me.person !== null && <OwnData />}</PageTitle>
      <Stack gap="md">
        <OwnForecasts />
        <Suspense>
          <OwnCredits />
        </Suspense>
        <Section title={t("portal.invoices")}>
          <OwnInvoices invoices={invoices} />
        </Section>
        <OwnMeters />
      </Stack>
    </>
  );
}

function OwnMeters() {
  const { owns_devices: owns } = useMe();
  const devices = useOwnDevices(); // asked for only where there are some
  if (!owns) return <Meters devices={NO_DEVICES} />;
  return (
    <Loaded query={devices} height={320}>
      {({ items }) => <Meters devices={items} />}
    </Loaded>
  );
}

function Meters({ devices }: { devices: readonly OwnDevice[] }) {
  const { t } = useTexts();
  const search = useSearch({ from: "/my" });
  const navigate = useNavigate({ from: "/my" });
  const today = newestDay(
    live.clock,
    devices.map(({ zone }) => zone),
  );
  const period = periodOf(search.view ?? "month", search.at ?? today);
  if (devices.length === 0) {
    return (
      <Section title={t("portal.meters")} text={t("portal.noMeters")}>
        <Button component={Link} to="/claim" variant="default">
          {t("user.claim")}
        </Button>
      </Section>
    );
  }
  return (
    <>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 8 }}>
        <Segments
          size="xs"
          aria-label={t("consumption.view")}
          value={period.view}
          onChange={(view) => void navigate({ search: seenAs(view, period, today), replace: true })}
          data={views.map((value) => ({ value, label: t(`consumption.${value}`) }))}
        />
        <PeriodSteps period={period} today={today} show={(shown) => void navigate({ search: shown, replace: true })} />
      </div>
      {devices.map((device) => (
        <OwnMeter key={device.key} device={device} period={period} />
      ))}
    </>
  );
}

/** All that Calha knows of the person, as a file of his own. */
function OwnData() {
  const { t } = useTexts();
  const fetchData = useMutation({
    mutationFn: () => take(api.GET("/api/v1/account/export")),
    onSuccess: (known) => download("calha.json", JSON.stringify(known, null, 2), "application/json"),
  });
  return (
    <>
      <Button variant="default" loading={fetchData.isPending} onClick={() => fetchData.mutate()}>
        {t("portal.data")}
      </Button>
      <Refusal error={fetchData.error} />
      <Text size="xs" className="quiet" w="100%">
        {t("portal.dataText")}
      </Text>
    </>
  );
}
