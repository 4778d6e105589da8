import { Button, Paper, Skeleton, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { memo, Suspense, useMemo } from "react";
import { type Device, Problem } from "../api/client";
import { History } from "../chart/History";
import { spanOf } from "../chart/range";
import { isLevel } from "../flumes/law";
import { useTexts } from "../i18n";
import { live, useNewest, useWatch } from "../live/hooks";
import { useRights } from "../session/session";
import { ErrorNote, PageTitle } from "../shell/Pages";
import { kindsOf } from "../timeline/entries";
import { later } from "../ui/later";
import { useFirst } from "../ui/useFirst";
import { Connect } from "./Connect";
import { useOwnDevice } from "./own";
import { PresenceOf, SilenceNote } from "./Presence";
import { deviceQuery, statusQuery, storedQuery } from "./queries";
import { Tile } from "./Tile";
import { useProfile } from "./useProfile";

// Forms are seldom wanted: they do not delay the first values.
const EditDevice = later(async () => (await import("./EditDevice")).EditDevice);
const Commands = later(async () => (await import("../commands/Commands")).Commands);
const Credentials = later(async () => (await import("./Credentials")).Credentials);
const Flumes = later(async () => (await import("../flumes/Flumes")).Flumes);
const GatewayCard = later(async () => (await import("./GatewayCard")).GatewayCard);
const Analyses = later(async () => (await import("../analyses/Analyses")).Analyses);
const DeviceAnomalies = later(async () => (await import("../anomalies/DeviceAnomalies")).DeviceAnomalies);
const DeviceTimeline = later(async () => (await import("../timeline/DeviceTimeline")).DeviceTimeline);
const Ownership = later(async () => (await import("./Ownership")).Ownership);

const GATEWAY = "gateway"; // the profile of devices that run `calha edge`

export function DevicePage() {
  const { key } = useParams({ from: "/devices/$key" });
  const device = useQuery({ ...deviceQuery(key), refetchInterval: 15_000 });
  const stored = useQuery(storedQuery(key));
  const isSilent = stored.data?.items.length === 0;
  const status = useQuery({ ...statusQuery, enabled: isSilent });
  useWatch([key]);
  const { data, error, refetch } = device;
  const isGone = error instanceof Problem && error.status === 404;
  // Whether it has ever spoken decides what stands above its values, and that at once: nothing moves later.
  const isKnown = !stored.isPending && !(isSilent && status.isPending);
  const isDrawn = useFirst(data !== undefined && !isGone && isKnown);
  if (data !== undefined && isDrawn) return <DeviceView device={data} hasStored={stored.data?.items.length !== 0} />;
  return error === null ? <Skeleton height={400} /> : <ErrorNote error={error} retry={() => void refetch()} />;
}

const DeviceView = memo(function DeviceView({ device, hasStored }: { device: Device; hasStored: boolean }) {
  const { t, own: inLanguage } = useTexts();
  const profile = useProfile(device.profile).data;
  const mayConfigure = useRights().on("configure", device.site_id);
  const own = useOwnDevice(device.key);
  const [edits, { open, close }] = useDisclosure();
  const hasReadings = useNewest(device.key) !== undefined;
  return (
    <>
      <PageTitle title={own?.name ?? device.name}>
        <PresenceOf device={device.key} />
        <Button component={Link} to={`/dashboards/device/${device.key}`} variant="default">
          {t("boards.one")}
        </Button>
        <Button component={Link} to={`/devices/${device.key}/consumption`} variant="default">
          {t("consumption.open")}
        </Button>
        <Button component={Link} to={`/devices/${device.key}/data`} variant="default">
          {t("device.whereIsMyData")}
        </Button>
        {mayConfigure && (
          <Button variant="default" onClick={open}>
            {t("common.edit")}
          </Button>
        )}
      </PageTitle>
      <Text size="sm" className="quiet" mb="md">
        {device.key} · {profile === undefined ? device.profile : inLanguage(profile.title)}
        {device.serial !== null && ` · ${device.serial}`}
        {device.gateway !== null && device.gateway !== undefined && (
          <>
            {" · "}
            {t("device.through")}{" "}
            <Link to="/devices/$key" params={{ key: device.gateway }} className="plain-link">
              {device.gateway}
            </Link>
          </>
        )}
      </Text>
      <SilenceNote device={device} />
      {device.profile === GATEWAY ? (
        <Suspense fallback={<Skeleton height={180} />}>
          <GatewayCard device={device} mayConfigure={mayConfigure} />
        </Suspense>
      ) : (
        <Connect device={device} isSilent={!hasReadings && !hasStored} mayConfigure={mayConfigure} />
      )}
      <div className="tiles" style={{ margin: "14px 0 20px" }}>
        {device.channels.map((one) => (
          <Tile key={one.series} device={device.key} channel={one} />
        ))}
      </div>
      <Further device={device} mayConfigure={mayConfigure} isOwn={own !== undefined} />
      {edits && (
        <Suspense>
          <EditDevice device={device} close={close} />
        </Suspense>
      )}
    </>
  );
});

/** Everything below the values; drawn anew only when something of it changes, not with each of their queries. */
const Further = memo(function Further({ device, mayConfigure, isOwn }: { device: Device; mayConfigure: boolean; isOwn: boolean }) {
  const search = useSearch({ from: "/devices/$key" });
  const navigate = useNavigate({ from: "/devices/$key" });
  const fixed = search.from !== undefined && search.to !== undefined;
  const preset = fixed ? undefined : (search.range ?? "1h");
  const span = useMemo(
    () => (search.from !== undefined && search.to !== undefined ? { from: search.from, to: search.to, live: false } : spanOf(preset ?? "1h", live.now)),
    [search.from, search.to, preset],
  );
  const told = { ...(search.kinds === undefined ? {} : { kinds: search.kinds }), ...(search.over === undefined ? {} : { over: search.over }) };
  const table = { ...told, ...(search.table === true ? { table: true } : {}) };
  const shown = search.from !== undefined && search.to !== undefined ? { from: search.from, to: search.to } : { range: preset ?? "1h" };
  return (
    <>
      {device.channels.length > 0 && (
        <Paper className="panel" p="md">
          <History
            device={device}
            span={span}
            preset={preset}
            table={search.table === true}
            choosePreset={(range) => void navigate({ search: { range, ...table } })}
            chooseSpan={(from, to) => void navigate({ search: { from: Math.round(from), to: Math.round(to), ...table } })}
            chooseTable={(wanted) => void navigate({ search: { ...shown, ...told, ...(wanted ? { table: true } : {}) }, replace: true })}
          />
        </Paper>
      )}
      <Suspense>
        <Commands device={device} />
      </Suspense>
      <Stack gap="md" mt="md">
        <Suspense>
          <Analyses device={device} />
          <DeviceAnomalies device={device} />
          <DeviceTimeline
            device={device}
            kinds={kindsOf(search.kinds)}
            period={search.over ?? "30d"}
            choose={(kinds, over) => void navigate({ search: (before) => ({ ...Object.fromEntries(Object.entries(before).filter(([name]) => name !== "kinds")), over, ...(kinds === undefined ? {} : { kinds: kinds.join(",") }) }), replace: true, resetScroll: false })}
          />
        </Suspense>
        <Stack gap="md" className="no-print">
          <Suspense>
            {device.channels.some(isLevel) && <Flumes device={device} mayConfigure={mayConfigure} />}
            {mayConfigure && <Credentials device={device.key} zone={device.zone} />}
            {(mayConfigure || isOwn) && <Ownership device={device} />}
          </Suspense>
        </Stack>
      </Stack>
    </>
  );
});
