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
  const given = command.parameters.map(({ key, kind, choices }) => [key, givenOf(kind, values[key] ?? (kind === "choice" ? (choices[0] ?? "") : ""))] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
}

/** A number that was typed with a zero at its end is a text until its field is left. */
function givenOf(kind: Parameter["kind"], value: string | number | boolean): string | number | boolean {
  if (kind === "boolean") return value === true;
  return (kind === "number" || kind === "integer") && value !== "" ? Number(value) : value;
}

const MOMENT_MS = 1_000; // of a double click; who wants the same again is slower

/** Gives each telling of a command the key that goes with it, by which the server takes what arrives twice for one command. */
export class Teller {
  private last: { said: string; at: number; key: string } | null = null;

  /** The same key again for what is told twice in a moment. */
  keyOf(said: string, at = Date.now()): string {
    if (this.last?.said !== said || at - this.last.at >= MOMENT_MS) this.last = { said, at, key: newKey() };
    return this.last.key;
  }
}

/** Not randomUUID, which plain http does not have. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
