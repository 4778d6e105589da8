import { useHotkeys } from "@mantine/hooks";
import { createContext, type ReactNode, Suspense, useContext, useState } from "react";
import { useTexts } from "../i18n";
import { Icon } from "../shell/icons";
import { later } from "../ui/later";
import css from "./Search.module.css";

export const loadPalette = async () => (await import("./Palette")).Palette;
const Palette = later(loadPalette);
const Opening = createContext<() => void>(() => undefined);

/** Keeps the palette behind Ctrl-K (Cmd-K on a Mac), and behind the buttons inside. */
export function Searchable({ children }: { children: ReactNode }) {
  const [isOpen, open] = useState(false);
  useHotkeys([["mod+K", () => open((before) => !before)]], []);
  return (
    <Opening value={() => open(true)}>
      {children}
      {isOpen && (
        <Suspense>
          <Palette close={() => open(false)} />
        </Suspense>
      )}
    </Opening>
  );
}

export function SearchButton() {
  const { t } = useTexts();
  const open = useContext(Opening);
  return (
    <button type="button" className={css.button} onClick={open} aria-keyshortcuts="Control+K Meta+K" aria-label={t("search.title")} aria-haspopup="dialog">
      <Icon name="search" />
      <span className={css.word} aria-hidden="true">
        {t("search.open")}
      </span>
      <span className={css.keys} data-keys={/Mac|iP(hone|ad)/.test(navigator.userAgent) ? "⌘K" : "Ctrl K"} aria-hidden="true" />
    </button>
  );
}
