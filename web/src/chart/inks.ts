/** Colours of charts, and dashes: together enough to tell 25 lines apart, and without colour vision still five. */

const strokes = {
  light: ["#1f6f78", "#7a4a9e", "#a65300", "#30537d", "#5b6b00"],
  dark: ["#6cc4cf", "#c79be8", "#f0a35e", "#8fb8ea", "#c3d35b"],
};
const dashes: number[][] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 4]];

export const inks = {
  light: { text: "#566168", strong: "#1c2326", grid: "#e4e8ea", warn: "#8a5a00", bad: "#b3261e", ground: "#ffffff" },
  dark: { text: "#a2adb4", strong: "#e4e8ea", grid: "#2c3236", warn: "#f0b84a", bad: "#ff8a80", ground: "#1e2225" },
};
export const FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

export type Scheme = keyof typeof strokes;
export type Ink = (typeof inks)[Scheme];

export function strokeOf(look: number, scheme: Scheme): string {
  return strokes[scheme][look % 5] ?? strokes[scheme][0] ?? "";
}

export function dashOf(look: number): number[] {
  return dashes[(look + Math.floor(look / 5)) % 5] ?? [];
}
