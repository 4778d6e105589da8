/** Times of what belongs to the installation rather than to a site: its log, its money, its own work. */

import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { useMe } from "./session";

/** Tells a time by the installation's clock, wherever who looks is. */
export function useTime(): (at: number | string) => string {
  const { language } = useTexts();
  const { zone } = useMe();
  return (at) => formatTime(at, language, zone);
}
