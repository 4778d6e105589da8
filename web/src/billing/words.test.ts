import { beforeAll, describe, expect, it } from "vitest";
import { loadTexts, translate } from "../i18n";
import { isMonth } from "./search";
import { billingProblem, isShort, cycleText, dayText, differenceText, moneyText, monthBefore, monthEdges, priceText, quantityText } from "./words";

const plain = (text: string) => text.replace(/\s/g, " ");
const t = (key: Parameters<typeof translate>[1], values?: Record<string, string | number>) => translate("pt-BR", key, values);
beforeAll(() => loadTexts("pt-BR"));

describe("reasons", () => {
  it("are told in the person's language, and which of them a person can decide about", () => {
    const short = "only 74% of the cycle is known; where 25% or more is missing, a person decides";
    expect(billingProblem(short, t, "pt-BR")).toContain("Só 74%");
    expect([short, "no readings in this cycle", "the consumption is negative"].map(isShort)).toEqual([true, true, false]);
  });
});

describe("amounts", () => {
  it("are money as the language writes it", () => {
    expect(plain(moneyText("1234.50", "pt-BR"))).toBe("R$ 1.234,50");
    expect(plain(moneyText("-5.00", "en"))).toBe("-R$5.00");
    expect(moneyText(null, "en")).toBe("—");
  });

  it("say by their sign whether more or less is asked for", () => {
    expect(differenceText("10.00", "en")).toBe("+R$10.00");
    expect(differenceText("0.00", "en")).toBe("R$0.00");
  });

  it("keep all places of a price, and none that says nothing", () => {
    expect(plain(priceText("0.57060", "pt-BR"))).toBe("R$ 0,5706");
    expect(quantityText("1234.5", "m³", "pt-BR")).toBe("1.234,5 m³");
    expect(quantityText("3", null, "en")).toBe("3");
  });
});

describe("times", () => {
  it("are days of the calendar, wherever the browser is", () => {
    expect(dayText("2026-07-01", "en")).toBe("Jul 1, 2026");
    expect(plain(cycleText("2026-07-01", "2026-08-01", "en"))).toBe("Jul 1 – 31, 2026");
  });

  it("are months", () => {
    const turn = Date.parse("2026-02-01T01:00:00Z");
    expect([monthBefore(turn, "America/Sao_Paulo"), monthBefore(turn, "Asia/Tokyo")]).toEqual(["2025-12", "2026-01"]);
    expect(monthEdges("2026-12")).toEqual({ from_day: "2026-12-01", until_day: "2027-01-01" });
    expect(["2026-07", "2026-13", "26-07", 202607].map(isMonth)).toEqual([true, false, false, false]);
  });
});

describe("what cannot be billed", () => {
  it.each([
    ["no readings in this cycle", "Não há leituras neste ciclo. Faça uma leitura ou decida faturar por estimativa."],
    ["only 31% of the cycle is known; where 25% or more is missing, a person decides", "Só 31% do ciclo é conhecido. Faça uma leitura, preencha o que falta ou decida faturar por estimativa."],
    ["the cycle ends on 2026-07-31; it is not over", "O ciclo ainda não acabou: termina em 31 de jul. de 2026."],
    ["the invoice would have 450 lines, which is more than can be kept", "A fatura teria 450 itens, mais do que se pode guardar. Altere a tarifa."],
    ["something new", "something new"],
  ])("%s is said in words", (problem, words) => expect(billingProblem(problem, t, "pt-BR")).toBe(words));
});
