import type { components } from "../api/schema";

export type DeviceCommand = components["schemas"]["DeviceCommand"];
type Text = Record<string, string>;

export interface Parameter {
  key: string;
  name: Text;
  kind: "number" | "integer" | "boolean" | "text" | "choice";
  unit: string;
  minimum: number | null;
  maximum: number | null;
  choices: readonly string[];
  optional: boolean;
}

export interface Command {
  key: string;
  name: Text;
  parameters: readonly Parameter[];
  critical: boolean;
  two_people: boolean;
  verify: { channel: string; within_s: number } | null;
}

export type Values = Readonly<Record<string, string | number | boolean>>;

/** Whether the device may still get it, so that it can be taken back. */
export function canBeCancelled(command: DeviceCommand): boolean {
  return command.state === "awaiting_approval" || command.state === "queued" || command.state === "sent";
}

/** Whether something about it may still change soon. */
export function isPending(command: DeviceCommand): boolean {
  return canBeCancelled(command) || command.state === "delivered" || command.verification?.state === "pending";
}

/** What goes with a command: as typed, without what was left to the device. */
export function parametersOf(command: Command, values: Values): Record<string, string | number | boolean> {
  const given = command.parameters.map(({ key, kind, choices }) => [key, values[key] ?? (kind === "boolean" ? false : kind === "choice" ? (choices[0] ?? "") : "")] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
}
