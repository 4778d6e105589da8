import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import type { Catalogue, Key } from "./pt-BR";

export type Language = "pt-BR" | "en";
export type { Key };

const LANGUAGES: Record<Language, () => Promise<Catalogue>> = {
  "pt-BR": async () => (await import("./pt-BR")).ptBR,
  en: async () => (await import("./en")).en,
};
const catalogues: Partial<Record<Language, Catalogue>> = {};
const STORED = "calha.language";

export type Translate = (key: Key, values?: Record<string, string | number>) => string;

interface Texts {
  language: Language;
  setLanguage: (language: Language) => void;
  /** Take a language unless one was chosen on this device. */
  suggest: (language: string) => void;
  t: Translate;
  /** The text of an object with pt and en, or a plain text as it is. */
  own: (text: string | Record<string, string>) => string;
}

const Context = createContext<Texts | null>(null);

/** Texts of a language have to be there before it is spoken; nobody waits for those of the others. */
export async function loadLanguage(language: Language): Promise<void> {
  catalogues[language] ??= await LANGUAGES[language]();
}

export function preferred(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === "en" || stored === "pt-BR") return stored;
  return navigator.language.toLowerCase().startsWith("pt") ? "pt-BR" : "en";
}

export function translate(language: Language, key: Key, values: Record<string, string | number> = {}): string {
  return (catalogues[language]?.[key] ?? key).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** Whether a text has this key; for keys that come from the server, such as reasons. */
export function isKey(key: string): key is Key {
  return Object.values(catalogues).some((catalogue) => key in catalogue);
}

export function TextsProvider({ children }: { children: ReactNode }) {
  const [language, setSpoken] = useState<Language>(preferred);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const choose = useCallback((chosen: Language) => {
    loadLanguage(chosen)
      .then(() => setSpoken(chosen))
      .catch(() => undefined); // the server is gone: it stays as it is
  }, []);
  const setLanguage = useCallback(
    (chosen: Language) => {
      localStorage.setItem(STORED, chosen);
      choose(chosen);
    },
    [choose],
  );
  const suggest = useCallback(
    (suggested: string) => {
      if (localStorage.getItem(STORED) === null && (suggested === "en" || suggested === "pt-BR")) choose(suggested);
    },
    [choose],
  );
  const texts = useMemo<Texts>(
    () => ({
      language,
      setLanguage,
      suggest,
      t: (key, values) => translate(language, key, values),
      own: (text) => (typeof text === "string" ? text : (text[language === "en" ? "en" : "pt"] ?? "")),
    }),
    [language, setLanguage, suggest],
  );
  return <Context value={texts}>{children}</Context>;
}

export function useTexts(): Texts {
  const texts = useContext(Context);
  if (texts === null) throw new Error("TextsProvider is missing");
  return texts;
}
