import { useBlocker } from "@tanstack/react-router";
import { useTexts } from "../i18n";

interface Place {
  pathname: string;
  search: object;
}

const isElsewhere = (next: Place, current: Place): boolean => next.pathname !== current.pathname;

/** Asks before what has changes that are not saved is left, by a link, the way back, or the window's end. `leads`: whether an address leads away. */
export function useAskBeforeLeaving(isChanged: boolean, leads: (next: Place, current: Place) => boolean = isElsewhere): void {
  const { t } = useTexts();
  useBlocker({ shouldBlockFn: ({ current, next }) => isChanged && leads(next, current) && !window.confirm(t("leave.ask")), enableBeforeUnload: () => isChanged });
}
