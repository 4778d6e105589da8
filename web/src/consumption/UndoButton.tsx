import { Button, Group, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTexts } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { problemText } from "../ui/words";
import { type Touched, TouchedList } from "./TouchedInvoices";

/** Takes something back at once, unless that touches invoices: then it shows which ones, and asks. */
export function UndoButton({ look, undo, isBusy }: { look: () => Promise<Touched>; undo: () => void; isBusy: boolean }) {
  const { t } = useTexts();
  const [touched, setTouched] = useState<Touched | null>(null);
  const close = () => setTouched(null);
  const looking = useMutation({
    mutationFn: look,
    onSuccess: (found) => {
      if (found.invoices.length === 0 && found.is_whole) undo();
      else setTouched(found);
    },
    onError: (error) => notifications.show({ color: "red", message: problemText(error, t) }),
  });
  return (
    <>
      <Button size="compact-sm" variant="subtle" loading={isBusy || looking.isPending} onClick={() => looking.mutate()}>
        {t("common.undo")}
      </Button>
      {touched !== null && (
        <Dialog onClose={close} title={t("common.undo")}>
          <Stack gap="sm">
            <TouchedList touched={touched} />
            <Group justify="end">
              <Button variant="default" onClick={close} data-autofocus>
                {t("common.cancel")}
              </Button>
              <Button
                onClick={() => {
                  undo();
                  close();
                }}
              >
                {t("common.undo")}
              </Button>
            </Group>
          </Stack>
        </Dialog>
      )}
    </>
  );
}
