/** Web push in this browser: the subscription that the server sends to. */

import { WORKER } from "../offline/worker";

// By what they call themselves; those come first that name others, too.
const BROWSERS = [["Edg", "Edge"], ["OPR", "Opera"], ["Firefox", "Firefox"], ["Chrome", "Chrome"], ["Safari", "Safari"]] as const;
const SYSTEMS = ["Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux"] as const;

/** Needs HTTPS or localhost, and a browser that knows it; an iPhone only from its home screen. */
export function canPush(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

/** Whether the person has said no; only the browser's own settings change that. */
export function isBlocked(): boolean {
  return Notification.permission === "denied";
}

/** The endpoint of this browser, if it has subscribed. */
export async function ownEndpoint(): Promise<string | null> {
  const worker = await navigator.serviceWorker.getRegistration(WORKER);
  return (await worker?.pushManager.getSubscription())?.endpoint ?? null;
}

export interface Subscription {
  endpoint: string;
  keys: { p256dh: string; auth: string };
}

/** Ask the person, and subscribe; null when he says no. */
export async function subscribe(serverKey: string): Promise<Subscription | null> {
  if ((await Notification.requestPermission()) !== "granted") return null;
  await navigator.serviceWorker.register(WORKER);
  const worker = await navigator.serviceWorker.ready;
  const wanted = { userVisibleOnly: true, applicationServerKey: serverKey };
  const old = await worker.pushManager.getSubscription();
  if (old !== null) await old.unsubscribe();
  const { endpoint, keys } = (await worker.pushManager.subscribe(wanted)).toJSON();
  return { endpoint: endpoint ?? "", keys: { p256dh: keys?.p256dh ?? "", auth: keys?.auth ?? "" } };
}

/** What this browser is called in a list: "Chrome, Android". */
export function browserName(agent: string): string {
  const browser = BROWSERS.find(([mark]) => agent.includes(`${mark}/`))?.[1];
  const system = SYSTEMS.find((mark) => agent.includes(mark));
  return [browser, system].filter((part) => part !== undefined).join(", ") || "Web";
}
