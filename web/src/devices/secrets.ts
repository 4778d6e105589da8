/** Secrets that were just made, until they have been kept or the page is left: the server never tells them again. */
const fresh = new Map<string, string>();
const listeners = new Set<() => void>();

export function rememberSecret(device: string, secret: string | null): void {
  if (secret === null) fresh.delete(device);
  else fresh.set(device, secret);
  listeners.forEach((listener) => listener());
}

export function freshSecret(device: string): string | undefined {
  return fresh.get(device);
}

export function onSecrets(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
