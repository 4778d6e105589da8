import { Button, Modal, Skeleton, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { ErrorNote, PageTitle } from "../shell/Pages";
import { DeviceForm } from "./DeviceForm";
import { DeviceList } from "./DeviceList";
import { Filters } from "./Filters";
import { FirstReading } from "./FirstReading";
import { useDevices } from "./useDevices";

export function DevicesPage() {
  const { t } = useTexts();
  const search = useSearch({ from: "/" });
  const navigate = useNavigate({ from: "/" });
  const mayCreate = useRights().somewhere("configure");
  const [isNew, { open, close }] = useDisclosure();
  const { devices, data, isSuccess, isPending, error, refetch } = useDevices(search);
  const isFiltered = Object.keys(search).length > 0;
  if (isSuccess && devices.length === 0 && !isFiltered) {
    return (
      <>
        <PageTitle title={t("devices.title")} />
        {mayCreate ? <FirstReading /> : <Text className="quiet">{t("devices.none")}</Text>}
      </>
    );
  }
  return (
    <>
      <PageTitle title={t("devices.title")}>
        {mayCreate && <Button onClick={open}>{t("devices.new")}</Button>}
      </PageTitle>
      <Filters search={search} />
      {error !== null && data === undefined && <ErrorNote error={error} retry={() => void refetch()} />}
      {isPending && error === null && Array.from({ length: 8 }, (_, row) => <Skeleton key={row} height={58} mb={10} />)}
      {isSuccess && !isPending && devices.length === 0 && <Text className="quiet">{t("devices.noMatch")}</Text>}
      {!isPending && <DeviceList devices={devices} />}
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
