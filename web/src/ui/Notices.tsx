import "@mantine/notifications/styles.layer.css";
import { Notifications } from "@mantine/notifications";

/** Where short messages appear. What is told before this has come waits for it. */
export function Notices() {
  return <Notifications position="bottom-right" />;
}
