import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { Catalogue, Key } from "./pt-BR";

export type Language = "pt-BR" | "en";
export type { Key };

type Part = Partial<Catalogue>;

// What the first pages say, and all else: `texts.ts` beside this folder cuts the catalogues.
const FIRST: Record<Language, () => Promise<Part>> = {
  "pt-BR": async () => (await import("virtual:texts/first-pt-BR")).default,
  en: async () => (await import("virtual:texts/first-en")).default,
};
const REST: Record<Language, () => Promise<Part>> = {
  "pt-BR": async () => (await import("virtual:texts/rest-pt-BR")).default,
  en: async () => (await import("virtual:texts/rest-en")).default,
};
const catalogues: Partial<Record<Language, Part>> = {};
const whole = new Set<Language>();
const listeners = new Set<() => void>();
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

/** What the first pages say has to be there before a language is spoken; nobody waits for more. */
export async function loadLanguage(language: Language): Promise<void> {
  const first = await FIRST[language]();
  catalogues[language] ??= first; // all of them may have come meanwhile
}

/** All texts of a language; of the one that is spoken where none is named. What is loaded later waits for them. */
export async function loadTexts(language: Language = preferred()): Promise<void> {
  if (whole.has(language)) return;
  const [first, rest] = await Promise.all([FIRST[language](), REST[language]()]);
  catalogues[language] = { ...first, ...rest };
  whole.add(language);
  listeners.forEach((listener) => listener());
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Draws anew with the words for what went wrong, which the first page does not wait for. */
export function useAllTexts(): void {
  useSyncExternalStore(listen, () => whole.size);
}

export function preferred(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === "en" || stored === "pt-BR") return stored;
  return navigator.language.toLowerCase().startsWith("pt") ? "pt-BR" : "en";
}

export function translate(language: Language, key: Key, values: Record<string, string | number> = {}): string {
  return filled(catalogues[language]?.[key] ?? key, values);
}

/** A text with its values: `{n}` is one, `{n|day|days}` a word for one of them and for any other number. */
export function filled(text: string, values: Readonly<Record<string, string | number>>): string {
  const counted = text.replace(COUNTED, (_, name: string, one: string, many: string) => (String(values[name]) === "1" ? one : many));
  return counted.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

const COUNTED = /\{(\w+)\|((?:[^{}|]|\{\w+\})*)\|((?:[^{}|]|\{\w+\})*)\}/g;

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
    loadTexts(chosen)
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
