import { Button, Group, Modal, Text } from "@mantine/core";
import { useTexts } from "../i18n";

/** Asks before something that cannot be undone. */
export function Confirm(props: { opened: boolean; question: string; action: string; close: () => void; confirm: () => void }) {
  const { t } = useTexts();
  return (
    <Modal opened={props.opened} onClose={props.close} title={props.action} centered closeButtonProps={{ "aria-label": t("common.cancel") }}>
      <Text mb="lg">{props.question}</Text>
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
