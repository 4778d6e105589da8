import { expect, it } from "vitest";
import { textIn } from "./statement";

it("a statement is read in UTF-8, with or without its mark, and in Latin-1", () => {
  expect(textIn(new TextEncoder().encode("Histórico").buffer)).toBe("Histórico");
  expect(textIn(new Uint8Array([0xef, 0xbb, 0xbf, 0x41]).buffer)).toBe("A");
  expect(textIn(new Uint8Array([0x48, 0xf3]).buffer)).toBe("Hó");
});
