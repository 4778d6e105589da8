/** What was done, so that it can be undone and done again. Pure; of bounded length. */

const REMEMBERED = 100;

export interface Past<State> {
  before: readonly State[];
  now: State;
  after: readonly State[];
}

export function begun<State>(now: State): Past<State> {
  return { before: [], now, after: [] };
}

/** A new state; what was undone is forgotten. The same state is no step. */
export function did<State>(past: Past<State>, now: State): Past<State> {
  if (now === past.now || JSON.stringify(now) === JSON.stringify(past.now)) return past;
  return { before: [...past.before, past.now].slice(-REMEMBERED), now, after: [] };
}

export function undone<State>({ before, now, after }: Past<State>): Past<State> {
  const last = before.at(-1);
  return last === undefined ? { before, now, after } : { before: before.slice(0, -1), now: last, after: [now, ...after] };
}

export function redone<State>({ before, now, after }: Past<State>): Past<State> {
  const next = after[0];
  return next === undefined ? { before, now, after } : { before: [...before, now], now: next, after: after.slice(1) };
}
