import { describe, expect, it } from "vitest";
import { fitting, holds, wordsOf } from "./words";

describe("a page", () => {
  it("is found whatever accents and case were typed", () => {
    expect(holds(wordsOf("ANALISES"), "Análises")).toBe(true);
    expect(holds(wordsOf("relatórios"), "Relatorios")).toBe(true);
  });

  it("needs all the words, in any order", () => {
    expect(holds(wordsOf("dispositivo  novo"), "Novo dispositivo")).toBe(true);
    expect(holds(wordsOf("dispositivo velho"), "Novo dispositivo")).toBe(false);
  });

  it("is found by nothing typed", () => expect(holds(wordsOf("  "), "Sistema")).toBe(true));
});

it("what was found before stays only where it fits what is typed now, as Enter may come before the answer", () => {
  const found = [
    { name: "Bomba 1", note: "pump-1 · ETA" },
    { name: "Bomba 12", note: "pump-12 · ETA" },
  ];
  expect(fitting(wordsOf("pump-12"), found)).toEqual([found[1]]);
  expect(fitting(wordsOf("pump-123"), found)).toEqual([]);
});
