import { Box, Button, Group, Modal, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTexts } from "../i18n";

/** Asks before something that cannot be undone. children: what it would touch, below the question. */
export function Confirm(props: { opened: boolean; question: string; action: string; close: () => void; confirm: () => void; children?: ReactNode }) {
  const { t } = useTexts();
  return (
    <Modal opened={props.opened} onClose={props.close} title={props.action} centered closeButtonProps={{ "aria-label": t("common.cancel") }}>
      <Text mb="lg">{props.question}</Text>
      {props.children !== undefined && <Box mb="lg">{props.children}</Box>}
      <Group justify="end">
        <Button variant="default" onClick={props.close} data-autofocus>
          {t("common.cancel")}
        </Button>
        <Button
          color="red"
          onClick={() => {
            if (!props.opened) return; // the second click of two, while the dialog goes away
            props.confirm();
            props.close();
          }}
        >
          {props.action}
        </Button>
      </Group>
    </Modal>
  );
}
