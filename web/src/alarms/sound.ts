/**
 * Whether alarms are heard in this browser, and which of them were silenced. Remembered here, shared by its tabs.
 *
 * Silencing is not acknowledging: it ends the sound of what waits now, and what is raised afterwards is heard again.
 */

import { type Alarm, PRIORITIES, type Priority } from "./alarms";
import { Horn } from "./horn";

const ON = "calha.alarmSound";
const SILENCED = "calha.alarmsSilenced";
const MOST_SILENCED = 2_000;
const TOUCHES = ["click", "keyup"] as const; // after what a button does itself

type Waiting = Pick<Alarm, "id" | "raised_at" | "priority">;

export interface SoundState {
  isOn: boolean;
  /** The browser lets nothing sound before the person has done something on the page. */
  isBlocked: boolean;
  /** What is heard. */
  priority: Priority | null;
}

/** One raising of an alarm: raised anew, it is heard anew. */
export function raising({ id, raised_at }: Pick<Alarm, "id" | "raised_at">): string {
  return `${id} ${raised_at ?? ""}`;
}

/** The highest priority among those that were not silenced. */
export function heard(waiting: readonly Waiting[], silenced: ReadonlySet<string>): Priority | null {
  const loud = waiting.filter((one) => !silenced.has(raising(one)));
  return PRIORITIES.find((priority) => loud.some((one) => one.priority === priority)) ?? null;
}

export class AlarmSound {
  private readonly listeners = new Set<() => void>();
  private readonly horn = new Horn(() => this.settle());
  private waiting: readonly Waiting[] = [];
  private state: SoundState = { isOn: false, isBlocked: false, priority: null };

  /** memory: what is remembered; like `localStorage`. */
  constructor(private readonly memory: Pick<Storage, "getItem" | "setItem">) {}

  get snapshot(): SoundState {
    return this.state;
  }

  subscribe = (listener: () => void): (() => void) => {
    if (this.listeners.size === 0) this.begin();
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.end();
    };
  };

  /** Tell which alarms nobody has acknowledged. */
  follow(waiting: readonly Waiting[]): void {
    this.waiting = waiting;
    this.settle();
  }

  /** Called by what the person does, as browsers want it. */
  turn(isOn: boolean): void {
    this.memory.setItem(ON, isOn ? "on" : "off");
    this.settle();
    if (isOn && this.state.priority === null) this.horn.tryOut();
  }

  silence(): void {
    this.memory.setItem(SILENCED, JSON.stringify(this.waiting.map(raising).slice(0, MOST_SILENCED)));
    this.settle();
  }

  private settle = (): void => {
    const isOn = this.memory.getItem(ON) === "on";
    const priority = isOn ? heard(this.waiting, silencedIn(this.memory.getItem(SILENCED))) : null;
    if (this.listeners.size > 0) this.horn.play(priority);
    const next = { isOn, isBlocked: priority !== null && this.horn.blocked, priority };
    if (next.isOn === this.state.isOn && next.isBlocked === this.state.isBlocked && next.priority === this.state.priority) return;
    this.state = next;
    this.listeners.forEach((listener) => listener());
  };

  private wake = (): void => this.horn.wake();

  private begin(): void {
    window.addEventListener("storage", this.settle); // another tab was told
    TOUCHES.forEach((touch) => window.addEventListener(touch, this.wake));
    queueMicrotask(this.settle);
  }

  private end(): void {
    window.removeEventListener("storage", this.settle);
    TOUCHES.forEach((touch) => window.removeEventListener(touch, this.wake));
    this.horn.play(null);
  }
}

function silencedIn(kept: string | null): ReadonlySet<string> {
  try {
    const found: unknown = JSON.parse(kept ?? "[]");
    return new Set(Array.isArray(found) ? found.filter((one) => typeof one === "string") : []);
  } catch (error) {
    if (error instanceof SyntaxError) return new Set(); // written by hand: nothing is silenced
    throw error;
  }
}
