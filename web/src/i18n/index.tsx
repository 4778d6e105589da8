import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { en } from "./en";
import { type Catalogue, type Key, ptBR } from "./pt-BR";

export type Language = "pt-BR" | "en";
export type { Key };

const catalogues: Record<Language, Catalogue> = { "pt-BR": ptBR, en };
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

function preferred(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === "en" || stored === "pt-BR") return stored;
  return navigator.language.toLowerCase().startsWith("pt") ? "pt-BR" : "en";
}

export function translate(language: Language, key: Key, values: Record<string, string | number> = {}): string {
  return catalogues[language][key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** Whether a text has this key; for keys that come from the server, such as reasons. */
export function isKey(key: string): key is Key {
  return key in ptBR;
}

export function TextsProvider({ children }: { children: ReactNode }) {
  const [language, choose] = useState<Language>(preferred);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const setLanguage = useCallback((chosen: Language) => {
    localStorage.setItem(STORED, chosen);
    choose(chosen);
  }, []);
  const suggest = useCallback((suggested: string) => {
    if (localStorage.getItem(STORED) === null && (suggested === "en" || suggested === "pt-BR")) choose(suggested);
  }, []);
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
