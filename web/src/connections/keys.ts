const LONGEST = 64;

/** A channel's key made of a node's name: plain small letters, digits and _ . - only. */
export function suggestedKey(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9_.-]+/g, "_")
    .replace(/^_+|_+$/g, "");
  return plain.slice(0, LONGEST) || "value";
}

/** Keys for many names, none of them twice and none that is taken. */
export function suggestedKeys(names: readonly string[], taken: Iterable<string> = []): string[] {
  const used = new Set(taken);
  return names.map((name) => {
    const first = suggestedKey(name);
    let key = first;
    for (let n = 2; used.has(key); n += 1) key = `${first.slice(0, LONGEST - 4)}_${n}`;
    used.add(key);
    return key;
  });
}

/** The channel that a node most likely feeds: of the same key, or of a name that is the same but for accents and marks. */
export function likelyChannel<Channel extends { key: string; names: readonly string[] }>(name: string, channels: readonly Channel[]): Channel | undefined {
  const wanted = bare(name);
  return channels.find(({ key, names }) => [key, ...names].some((one) => bare(one) === wanted));
}

function bare(text: string): string {
  return suggestedKey(text).replace(/[^a-z0-9]/g, "");
}
