import { Button, Skeleton, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Suspense, useCallback, useState } from "react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { ErrorNote, PageTitle } from "../shell/Pages";
import { later } from "../ui/later";
import { ViewsMenu } from "../views/ViewsMenu";
import { DeviceList } from "./DeviceList";
import { Filters } from "./Filters";
import { useDevices } from "./useDevices";

const Labels = later(async () => (await import("./Labels")).Labels);
const FirstReading = later(async () => (await import("./FirstReading")).FirstReading);
const NewDevice = later(async () => (await import("./NewDevice")).NewDevice);
const Import = later(async () => (await import("./Import")).Import);

export function DevicesPage() {
  const { t } = useTexts();
  const { dialog, ...search } = useSearch({ from: "/" });
  const navigate = useNavigate({ from: "/" });
  const mayCreate = useRights().somewhere("configure");
  const [imports, importing] = useDisclosure();
  const [chosen, choose] = useState<ReadonlySet<string> | null>(null);
  const toggle = useCallback((key: string) => choose((before) => toggled(before ?? new Set(), key)), []);
  const open = () => void navigate({ search: (before) => ({ ...before, dialog: "new" }) });
  const close = () => void navigate({ search, replace: true });
  const { devices, data, hasNextPage, isSuccess, isPending, error, refetch } = useDevices(search);
  const isFiltered = Object.keys(search).length > 0;
  if (isSuccess && devices.length === 0 && !isFiltered) {
    return (
      <>
        <PageTitle title={t("devices.title")} />
        {mayCreate ? (
          <Suspense>
            <FirstReading />
          </Suspense>
        ) : (
          <Text className="quiet">{t("devices.none")}</Text>
        )}
      </>
    );
  }
  return (
    <>
      <PageTitle title={t("devices.title")}>
        <ViewsMenu page="/" search={search} />
        {mayCreate && (
          <>
            <Button variant="default" onClick={() => choose(chosen === null ? new Set() : null)} aria-pressed={chosen !== null}>
              {t("labels.title")}
            </Button>
            <Button variant="default" onClick={importing.open}>
              {t("import.open")}
            </Button>
            <Button onClick={open}>{t("devices.new")}</Button>
          </>
        )}
      </PageTitle>
      <Filters search={search} />
      <Suspense>
        {chosen !== null && <Labels devices={devices} chosen={chosen} choose={choose} close={() => choose(null)} />}
        {imports && <Import close={importing.close} />}
      </Suspense>
      {error !== null && data === undefined && <ErrorNote error={error} retry={() => void refetch()} />}
      {isPending && error === null && Array.from({ length: 8 }, (_, row) => <Skeleton key={row} height={58} mb={10} />)}
      {isSuccess && !isPending && devices.length === 0 && <Text className="quiet">{t("devices.noMatch")}</Text>}
      {!isPending && <DeviceList devices={devices} isWhole={!hasNextPage} {...(chosen === null ? {} : { chosen, toggle })} />}
      {dialog === "new" && mayCreate && (
        <Suspense>
          <NewDevice close={close} done={(key) => void navigate({ to: "/devices/$key", params: { key }, replace: true })} />
        </Suspense>
      )}
    </>
  );
}

function toggled(keys: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const after = new Set(keys);
  if (!after.delete(key)) after.add(key);
  return after;
}
