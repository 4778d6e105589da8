import { expect, it } from "vitest";
import { type Command, type DeviceCommand, isPending, parametersOf } from "./profile";

const parameter = (key: string, kind: Command["parameters"][number]["kind"], choices: string[] = []) => ({ key, kind, choices, name: {}, unit: "", minimum: null, maximum: null, optional: true });

it("what is left empty is left to the device, a choice and a switch are what they show", () => {
  const command = { parameters: [parameter("speed", "number"), parameter("recipe", "choice", ["full", "rinse"]), parameter("on", "boolean")] } as unknown as Command;
  expect(parametersOf(command, { speed: "" })).toEqual({ recipe: "full", on: false });
  expect(parametersOf(command, { speed: 0, recipe: "rinse", on: true })).toEqual({ speed: 0, recipe: "rinse", on: true });
});

it("a command is pending until the device has answered and a channel has shown it", () => {
  const command = (state: string, verification: string | null = null) => ({ state, verification: verification === null ? null : { state: verification } }) as unknown as DeviceCommand;
  expect(["awaiting_approval", "queued", "sent", "delivered"].map((state) => isPending(command(state)))).toEqual([true, true, true, true]);
  expect([isPending(command("executed", "pending")), isPending(command("executed", "failed")), isPending(command("expired"))]).toEqual([true, false, false]);
});
