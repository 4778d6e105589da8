import { loadTexts, type Translate } from "../i18n";
import { problemText } from "./words";

/** Tells in a corner of the page that something that was asked for did not come, where no place of the page is about it. */
export async function tellFailure(error: unknown, t: Translate): Promise<void> {
  const [{ notifications }] = await Promise.all([import("@mantine/notifications"), loadTexts()]);
  notifications.show({ color: "red", message: problemText(error, t) });
}
