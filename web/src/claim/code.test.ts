import { expect, it } from "vitest";
import { codeIn } from "./code";

it("a code is found in a label's address, and taken as typed", () => {
  expect(codeIn("https://calha.example/claim#7K3M-9QXC-4T2H")).toBe("7K3M-9QXC-4T2H");
  expect(codeIn(" 7k3m 9qxc 4t2h ")).toBe("7k3m 9qxc 4t2h");
});
