const BROWSERS = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
] as const;
const SYSTEMS = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
] as const;

/** A browser as people call it, from what it calls itself; that itself, cut, for any other program. */
export function browserOf(agent: string): string {
  const found = [BROWSERS, SYSTEMS].flatMap((known) => known.find(([mark]) => mark.test(agent))?.[1] ?? []);
  return found.length > 0 ? found.join(" · ") : agent.slice(0, 60) || "—";
}
