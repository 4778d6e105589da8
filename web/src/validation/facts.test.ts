import { expect, it } from "vitest";
import { dayText } from "./facts";

it("an exception is of the day that it was where the device stands", () => {
  const from = "2026-07-01T01:30:00Z";
  expect(dayText({ from, zone: "America/Sao_Paulo" }, "pt-BR")).toBe("30/06/2026");
  expect(dayText({ from, zone: "Europe/Lisbon" }, "pt-BR")).toBe("01/07/2026");
});
