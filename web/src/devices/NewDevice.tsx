import { Modal } from "@mantine/core";
import { useTexts } from "../i18n";
import { DeviceForm } from "./DeviceForm";

/** The form of a new device, over the list. */
export function NewDevice({ close, done }: { close: () => void; done: (key: string) => void }) {
  const { t } = useTexts();
  return (
    <Modal opened onClose={close} title={t("devices.new")} closeButtonProps={{ "aria-label": t("common.cancel") }}>
      <DeviceForm done={done} />
    </Modal>
  );
}
