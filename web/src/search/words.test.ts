import { describe, expect, it } from "vitest";
import { holds, wordsOf } from "./words";

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
