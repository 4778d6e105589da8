/** The claim code in what a camera has read or somebody has typed: of a label's address the part behind #, else all of it. */
export function codeIn(text: string): string {
  const behind = text.includes("#") ? text.slice(text.indexOf("#") + 1) : text;
  return decodeURIComponent(behind).trim();
}
