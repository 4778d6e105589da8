import { useTexts } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { DeviceForm } from "./DeviceForm";

/** The form of a new device, over the list. */
export function NewDevice({ close, done }: { close: () => void; done: (key: string) => void }) {
  const { t } = useTexts();
  return (
    <Dialog onClose={close} title={t("devices.new")}>
      <DeviceForm done={done} />
    </Dialog>
  );
}
