/** WebAuthn in the JSON form that servers speak; with what older browsers lack (Safari before 18, Chrome before 129). */

type Json = Record<string, unknown>;

/** Whether this page may use passkeys: browsers want https or localhost, and a name instead of an IP address. */
export function canUsePasskeys(): boolean {
  const isAddress = /^[\d.]+$|:|^\[/.test(location.hostname);
  return window.isSecureContext && "PublicKeyCredential" in window && !isAddress;
}

/** Have the browser make a passkey. null when the person has cancelled. */
export async function makePasskey(options: Json): Promise<Json | null> {
  const publicKey =
    "parseCreationOptionsFromJSON" in PublicKeyCredential
      ? PublicKeyCredential.parseCreationOptionsFromJSON(options as unknown as PublicKeyCredentialCreationOptionsJSON)
      : (decoded(options) as unknown as PublicKeyCredentialCreationOptions);
  return await unlessCancelled(navigator.credentials.create({ publicKey }));
}

/** Have the browser prove a passkey. null when the person has cancelled. */
export async function provePasskey(options: Json): Promise<Json | null> {
  const publicKey =
    "parseRequestOptionsFromJSON" in PublicKeyCredential
      ? PublicKeyCredential.parseRequestOptionsFromJSON(options as unknown as PublicKeyCredentialRequestOptionsJSON)
      : (decoded(options) as unknown as PublicKeyCredentialRequestOptions);
  return await unlessCancelled(navigator.credentials.get({ publicKey }));
}

async function unlessCancelled(asking: Promise<Credential | null>): Promise<Json | null> {
  try {
    const credential = await asking;
    return credential === null ? null : encoded(credential as PublicKeyCredential);
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotAllowedError") return null;
    throw error;
  }
}

function decoded(options: Json): Json {
  const user = options.user as Json | undefined;
  const credentials = (name: string) => (options[name] as Json[] | undefined)?.map((one) => ({ ...one, id: bytes(one.id) }));
  return {
    ...options,
    challenge: bytes(options.challenge),
    ...(user === undefined ? {} : { user: { ...user, id: bytes(user.id) } }),
    allowCredentials: credentials("allowCredentials") ?? [],
    excludeCredentials: credentials("excludeCredentials") ?? [],
  };
}

function encoded(credential: PublicKeyCredential): Json {
  if ("toJSON" in credential) return { ...credential.toJSON() };
  const { id, rawId, type, response } = credential as PublicKeyCredential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"] as const;
  const given = response as unknown as Record<string, ArrayBuffer | null | undefined>;
  const answer = Object.fromEntries(parts.flatMap((name) => (given[name] ? [[name, text(given[name])]] : [])));
  return { id, rawId: text(rawId), type, response: answer, clientExtensionResults: {} };
}

function bytes(base64url: unknown): Uint8Array {
  return Uint8Array.from(atob(String(base64url).replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}
