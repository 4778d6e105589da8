import { expect, it } from "vitest";
import { type Command, type DeviceCommand, isPending, parametersOf, Teller } from "./profile";

const parameter = (key: string, kind: Command["parameters"][number]["kind"], choices: string[] = []) => ({ key, kind, choices, name: {}, unit: "", minimum: null, maximum: null, optional: true });

it("what is left empty is left to the device, a choice and a switch are what they show", () => {
  const command = { parameters: [parameter("speed", "number"), parameter("recipe", "choice", ["full", "rinse"]), parameter("on", "boolean")] } as unknown as Command;
  expect(parametersOf(command, { speed: "" })).toEqual({ recipe: "full", on: false });
  expect(parametersOf(command, { speed: 0, recipe: "rinse", on: true })).toEqual({ speed: 0, recipe: "rinse", on: true });
});

it("a number that is still typed, with a zero at its end, is a number", () => {
  const command = { parameters: [parameter("speed", "number"), parameter("note", "text")] } as unknown as Command;
  expect(parametersOf(command, { speed: "2.50", note: "2.50" })).toEqual({ speed: 2.5, note: "2.50" });
});

it("a double click tells a command once, and the same again later a second time", () => {
  const teller = new Teller();
  const first = teller.keyOf('{"speed":2}', 10_000);
  expect(teller.keyOf('{"speed":2}', 10_400)).toBe(first);
  const others = [teller.keyOf('{"speed":3}', 10_500), teller.keyOf('{"speed":2}', 10_600), teller.keyOf('{"speed":2}', 11_600)];
  expect(new Set([first, ...others]).size).toBe(4);
});

it("a command is pending until the device has answered and a channel has shown it", () => {
  const command = (state: string, verification: string | null = null) => ({ state, verification: verification === null ? null : { state: verification } }) as unknown as DeviceCommand;
  expect(["awaiting_approval", "queued", "sent", "delivered"].map((state) => isPending(command(state)))).toEqual([true, true, true, true]);
  expect([isPending(command("executed", "pending")), isPending(command("executed", "failed")), isPending(command("expired"))]).toEqual([true, false, false]);
});
