import { Modal, type ModalProps } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTexts } from "../i18n";

/**
 * A dialog that is there only while it is open. Its end gives the focus back to what had it before. A click beside it closes it
 * until something was typed or chosen in it: that is not lost by a slip of the hand.
 */
export function Dialog(shown: Omit<ModalProps, "opened">) {
  const { t } = useTexts();
  const [isBegun, begin] = useState(false);
  useEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  return <Modal closeButtonProps={{ "aria-label": t("common.cancel") }} closeOnClickOutside={!isBegun} onInput={() => begin(true)} {...shown} opened />;
}
