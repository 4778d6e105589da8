/**
 * How requests leave this page: with the token that proves a change comes from a page of ours, and with patience when the
 * session has ended meanwhile. A question then waits until somebody has signed in again, so that the page underneath
 * stays as it is. A change does not wait: what was ordered before must not happen by surprise later.
 */

import { noteAnswer } from "../offline/kept";
import { early } from "./early";

const SAFE = new Set(["GET", "HEAD"]);
/** Reasons of a 401 that speak of the session, and not of a password or code within the request. */
const SESSION_REASONS = new Set(["not_signed_in", "blocked"]);
const OTHER_SESSION = "foreign_page";

let csrfToken: string | null = null;
let isSignedIn = false;
let whenRefused = (): void => undefined;
const waiting = new Set<() => void>();

/** Called with each new session. */
export function admit(token: string | null): void {
  csrfToken = token;
  isSignedIn = true;
  waiting.forEach((go) => go());
  waiting.clear();
}

export function onRefused(listener: () => void): void {
  whenRefused = listener;
}

export async function send(request: Request): Promise<Response> {
  const isSafe = SAFE.has(request.method);
  const asked = isSafe ? request.clone() : request;
  if (!isSafe && csrfToken !== null) asked.headers.set("X-CSRF-Token", csrfToken);
  const answer = noteAnswer((await early(asked)) ?? (await fetch(asked)));
  if (answer.status === 403 && (await reasonOf(answer)) === OTHER_SESSION) whenRefused(); // somebody has signed in anew in another tab
  if (answer.status !== 401 || !isSignedIn || new URL(request.url).pathname === "/api/v1/session") return answer;
  if (!SESSION_REASONS.has(await reasonOf(answer))) return answer;
  whenRefused();
  if (!isSafe) return answer;
  await new Promise<void>((go) => waiting.add(go));
  return await fetch(request);
}

async function reasonOf(answer: Response): Promise<string> {
  const problem: unknown = await answer
    .clone()
    .json()
    .catch(() => null);
  return typeof problem === "object" && problem !== null && "reason" in problem ? String(problem.reason) : "";
}
