/**
 * The horn: tones for the highest priority that waits, again and again until it is told another one or none.
 *
 * Each priority has a rhythm and a pitch of its own, in the manner of IEC 60601-1-8: more pulses, faster and sooner again the
 * more pressing it is, so that it is known without looking. Browsers let nothing sound before the person has done something
 * on the page; until then the horn is `blocked`, and begins by itself once it may.
 */

import type { Priority } from "./alarms";

/** Seconds from the beginning of the burst. */
export interface Tone {
  at: number;
  length: number;
  hertz: number;
}

interface Burst {
  tones: readonly Tone[];
  /** From the beginning of one burst to that of the next. */
  againAfterS: number;
}

const PULSE_S = 0.15;

function burst(hertz: number, starts: readonly number[], againAfterS: number): Burst {
  return { tones: starts.map((at) => ({ at, length: PULSE_S, hertz })), againAfterS };
}

export const BURSTS: Record<Priority, Burst> = {
  critical: burst(988, [0, 0.25, 0.5, 0.9, 1.15], 2.5),
  high: burst(784, [0, 0.3, 0.6], 5),
  medium: burst(587, [0, 0.4], 12),
  low: burst(440, [0], 30),
};

const LOUDNESS = 0.25; // of full scale; the loudspeaker has a knob
const RAMP_S = 0.015; // a tone that begins at once clicks

export class Horn {
  private context: AudioContext | null = null;
  private out: GainNode | null = null;
  private again: ReturnType<typeof setTimeout> | undefined;
  private playing: Priority | null = null;

  /** changed: when `blocked` may have. */
  constructor(private readonly changed: () => void) {}

  get blocked(): boolean {
    return this.context?.state === "suspended";
  }

  /** What is to be heard from now on; null for nothing. */
  play(priority: Priority | null): void {
    if (priority === this.playing) return;
    this.stop();
    this.playing = priority;
    if (priority !== null) this.sound(priority);
  }

  /** One burst, so that a person hears what he has switched on. */
  tryOut(): void {
    void this.opened()
      .resume()
      .then(() => this.tell(BURSTS.medium.tones));
  }

  /** Go on after the person has done something on the page. */
  wake(): void {
    void this.context?.resume();
  }

  private sound(priority: Priority): void {
    const { tones, againAfterS } = BURSTS[priority];
    this.tell(tones);
    this.again = setTimeout(() => this.sound(priority), againAfterS * 1000);
  }

  private tell(tones: readonly Tone[]): void {
    const context = this.opened();
    if (context.state === "suspended") void context.resume(); // refused until the person has done something
    if (context.state !== "running") return;
    this.out ??= new GainNode(context, { gain: LOUDNESS });
    this.out.connect(context.destination);
    for (const { at, length, hertz } of tones) sounded(context, this.out, context.currentTime + at, length, hertz);
  }

  private opened(): AudioContext {
    if (this.context === null) {
      this.context = new AudioContext();
      this.context.onstatechange = () => {
        this.changed();
        if (this.context?.state === "running" && this.playing !== null) {
          clearTimeout(this.again);
          this.sound(this.playing);
        }
      };
    }
    return this.context;
  }

  private stop(): void {
    clearTimeout(this.again);
    this.out?.disconnect(); // also what was begun is heard no more
    this.out = null;
    this.playing = null;
  }
}

function sounded(context: AudioContext, out: GainNode, at: number, length: number, hertz: number): void {
  const tone = new OscillatorNode(context, { frequency: hertz, type: "triangle" });
  const loudness = new GainNode(context, { gain: 0 });
  loudness.gain.setValueAtTime(0, at);
  loudness.gain.linearRampToValueAtTime(1, at + RAMP_S);
  loudness.gain.setValueAtTime(1, at + length - RAMP_S);
  loudness.gain.linearRampToValueAtTime(0, at + length);
  tone.connect(loudness).connect(out);
  tone.start(at);
  tone.stop(at + length);
}
