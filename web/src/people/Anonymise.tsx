import { Alert, Button, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTexts } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { Refusal, submitting } from "../ui/Saving";

interface Props {
  name: string;
  /** What is erased, and what stays. */
  warning: string;
  done: string;
  forget: () => Promise<unknown>;
  close: () => void;
}

/** Forgets who somebody was. Cannot be undone, so the name has to be typed. */
export function Anonymise({ name, warning, done, forget, close }: Props) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [typed, setTyped] = useState("");
  const forgets = useMutation({
    mutationFn: forget,
    onSuccess: async () => {
      notifications.show({ message: done });
      close();
      await queries.invalidateQueries();
    },
  });
  return (
    <Dialog onClose={close} title={t("privacy.anonymise")}>
      <form onSubmit={submitting(forgets.mutate)}>
        <Stack gap="sm">
          <Alert color="red" variant="light">
            {warning}
          </Alert>
          <Text size="sm">{t("privacy.type", { name })}</Text>
          <TextInput label={t("person.name")} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} autoComplete="off" data-autofocus />
          <Refusal error={forgets.error} />
          <Button type="submit" color="red" disabled={typed.trim() !== name.trim()} loading={forgets.isPending}>
            {t("privacy.anonymise")}
          </Button>
        </Stack>
      </form>
    </Dialog>
  );
}
