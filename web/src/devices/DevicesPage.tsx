import { Button, Modal, NativeSelect, Skeleton, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback, useDisclosure, useMediaQuery } from "@mantine/hooks";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { api, type Channel, type Device, take } from "../api/client";
import { formatAge, formatValue, presence } from "../format";
import { useTexts } from "../i18n";
import { useConnection, useNewest, useNow, useReading, useWatch } from "../live/hooks";
import { ErrorNote, PageTitle } from "../shell/Pages";
import type { DevicesSearch } from "../router";
import { Mark } from "../ui/Mark";
import { DeviceForm } from "./DeviceForm";
import { FirstReading } from "./FirstReading";

const PAGE = 200;
const CHANNELS_SHOWN = 5;

export function DevicesPage() {
  const { t, own } = useTexts();
  const search = useSearch({ from: "/" });
  const navigate = useNavigate({ from: "/" });
  const [isNew, { open, close }] = useDisclosure();
  const sites = useQuery({ queryKey: ["sites"], queryFn: () => take(api.GET("/api/v1/sites")) });
  const profiles = useQuery({ queryKey: ["profiles"], queryFn: () => take(api.GET("/api/v1/profiles")) });
  const devices = useInfiniteQuery({
    queryKey: ["devices", search],
    queryFn: ({ pageParam }) =>
      take(api.GET("/api/v1/devices", { params: { query: { ...search, limit: PAGE, ...(pageParam === "" ? {} : { after: pageParam }) } } })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 30_000,
  });
  const items = devices.data?.pages.flatMap((page) => page.items) ?? [];
  const isFiltered = Object.keys(search).length > 0;
  const searchSoon = useDebouncedCallback((q: string) => {
    void navigate({ search: without(search, "q", q === "" ? {} : { q }), replace: true });
  }, 250);

  if (devices.isSuccess && items.length === 0 && !isFiltered) {
    return (
      <>
        <PageTitle title={t("devices.title")} />
        <FirstReading />
      </>
    );
  }
  return (
    <>
      <PageTitle title={t("devices.title")}>
        <Button onClick={open}>{t("devices.new")}</Button>
      </PageTitle>
      <div style={{ display: "flex", flexWrap: "wrap", gap: 10, marginBottom: 12 }}>
        <TextInput
          style={{ flex: "1 1 220px" }}
          type="search"
          aria-label={t("devices.search")}
          placeholder={t("devices.search")}
          defaultValue={search.q ?? ""}
          onChange={(event) => searchSoon(event.currentTarget.value)}
        />
        <NativeSelect
          aria-label={t("devices.site")}
          value={String(search.site ?? "")}
          onChange={(event) => {
            const site = event.currentTarget.value;
            void navigate({ search: without(search, "site", site === "" ? {} : { site: Number(site) }) });
          }}
          data={[{ value: "", label: `${t("devices.site")}: ${t("common.all")}` }, ...(sites.data?.items ?? []).map((site) => ({ value: String(site.id), label: site.path.join(" › ") }))]}
        />
        <NativeSelect
          aria-label={t("devices.profile")}
          value={search.profile ?? ""}
          onChange={(event) => {
            const profile = event.currentTarget.value;
            void navigate({ search: without(search, "profile", profile === "" ? {} : { profile }) });
          }}
          data={[{ value: "", label: `${t("devices.profile")}: ${t("common.all")}` }, ...(profiles.data?.items ?? []).map((one) => ({ value: one.name, label: own(one.title) }))]}
        />
      </div>
      {devices.isError && <ErrorNote error={devices.error} retry={() => void devices.refetch()} />}
      {devices.isPending && Array.from({ length: 8 }, (_, row) => <Skeleton key={row} height={50} mb={10} />)}
      {devices.isSuccess && items.length === 0 && <Text className="quiet">{t("devices.noMatch")}</Text>}
      <DeviceRows
        devices={items}
        reachedEnd={() => {
          if (devices.hasNextPage && !devices.isFetchingNextPage) void devices.fetchNextPage();
        }}
      />
      <Modal opened={isNew} onClose={close} title={t("devices.new")} closeButtonProps={{ "aria-label": t("common.cancel") }}>
        <DeviceForm
          done={(key) => {
            close();
            void navigate({ to: "/devices/$key", params: { key } });
          }}
        />
      </Modal>
    </>
  );
}

/** The search with one part taken out and another put in. */
function without(search: DevicesSearch, part: keyof DevicesSearch, instead: DevicesSearch): DevicesSearch {
  return { ...Object.fromEntries(Object.entries(search).filter(([name]) => name !== part)), ...instead };
}

function DeviceRows({ devices, reachedEnd }: { devices: readonly Device[]; reachedEnd: () => void }) {
  const list = useRef<HTMLDivElement>(null);
  const [scrollMargin, setScrollMargin] = useState(0);
  useLayoutEffect(() => setScrollMargin(list.current?.offsetTop ?? 0), [devices.length]);
  const isPhone = useMediaQuery("(max-width: 700px)", undefined, { getInitialValueInEffect: false });
  const height = isPhone ? 118 : 62;
  const rows = useWindowVirtualizer({ count: devices.length, estimateSize: () => height, overscan: 8, scrollMargin });
  useEffect(() => rows.measure(), [height, rows]);
  const visible = rows.getVirtualItems();
  const last = visible.at(-1)?.index ?? 0;
  useEffect(() => {
    if (devices.length > 0 && last >= devices.length - 20) reachedEnd();
  }, [last, devices.length, reachedEnd]);
  useWatch(visible.map((row) => devices[row.index]?.key ?? "").filter((key) => key !== ""));
  if (devices.length === 0) return null;
  return (
    <div ref={list} className="panel" style={{ height: rows.getTotalSize(), position: "relative", overflow: "hidden" }}>
      {visible.map((row) => {
        const device = devices[row.index];
        if (device === undefined) return null;
        return (
          <div key={device.key} style={{ position: "absolute", top: 0, left: 0, right: 0, transform: `translateY(${row.start - rows.options.scrollMargin}px)` }}>
            <DeviceRow device={device} />
          </div>
        );
      })}
    </div>
  );
}

function DeviceRow({ device }: { device: Device }) {
  const { own, t } = useTexts();
  const shown = device.channels.slice(0, CHANNELS_SHOWN);
  const more = device.channels.length - shown.length;
  return (
    <Link to="/devices/$key" params={{ key: device.key }} className="device-row">
      <div style={{ minWidth: 0 }}>
        <div style={{ fontWeight: 600, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>{device.name}</div>
        <div className="quiet" style={{ fontSize: 12, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
          {device.site_path.join(" › ")} · {device.key}
        </div>
      </div>
      <div className="device-values">
        {shown.map((channel) => (
          <LiveValue key={channel.series} channel={channel} name={own(channel.name)} />
        ))}
        {more > 0 && <span className="quiet" style={{ fontSize: 12, alignSelf: "center", whiteSpace: "nowrap" }}>{t("devices.moreChannels", { n: more })}</span>}
      </div>
      <PresenceOf device={device.key} />
    </Link>
  );
}

function LiveValue({ channel, name }: { channel: Channel; name: string }) {
  const { language, own, t } = useTexts();
  const reading = useReading(channel.series);
  const isStale = useConnection() === "lost";
  return (
    <div className={isStale ? "device-value stale" : "device-value"}>
      <div className="quiet" style={{ fontSize: 11, overflow: "hidden", textOverflow: "ellipsis", maxWidth: 130 }}>
        {name}
      </div>
      <div className="number" style={{ fontSize: 15 }}>
        {reading === undefined ? (
          <span className="quiet" style={{ fontSize: 13 }}>{t("device.noData")}</span>
        ) : (
          <>
            <b style={{ fontWeight: 600 }}>{formatValue(reading.value, channel, language, own)}</b> <span className="quiet">{channel.unit}</span>
          </>
        )}
      </div>
    </div>
  );
}

export function PresenceOf({ device }: { device: string }) {
  const { t } = useTexts();
  const now = useNow();
  const newest = useNewest(device);
  const isLost = useConnection() === "lost";
  const state = presence(newest, now);
  const kind = isLost ? "quiet" : ({ live: "ok", late: "warn", silent: "quiet" } as const)[state];
  return (
    <div style={{ fontSize: 12, textAlign: "right" }}>
      <div style={{ display: "inline-flex", gap: 6, alignItems: "center" }}>
        <Mark kind={kind} /> {t(`state.${state}`)}
      </div>
      <div className="quiet number">{newest === undefined ? t("age.never") : formatAge(now - newest, t)}</div>
    </div>
  );
}
