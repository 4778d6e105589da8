import { Modal, type ModalProps } from "@mantine/core";
import { useEffect } from "react";
import { useTexts } from "../i18n";

/** A dialog that is there only while it is open. Its end gives the focus back to what had it before. */
export function Dialog(shown: Omit<ModalProps, "opened">) {
  const { t } = useTexts();
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  return <Modal closeButtonProps={{ "aria-label": t("common.cancel") }} {...shown} opened />;
}
