import { describe, expect, it } from "vitest";
import { servicesIn } from "./channels";

describe("services", () => {
  it("are listed once by name, with the scheme that speaks TLS", () => {
    expect(servicesIn({ tgram: "Telegram", ntfy: "ntfy", ntfys: "ntfy" })).toEqual([
      { scheme: "ntfys", name: "ntfy" },
      { scheme: "tgram", name: "Telegram" },
    ]);
  });
});
