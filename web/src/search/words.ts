/** Whether a text has all the words that were typed, whatever their order, accents and case. The server compares things so, too. */
export function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase();
}

export function wordsOf(asked: string): string[] {
  return fold(asked).split(/\s+/).filter((word) => word !== "");
}

export function holds(words: readonly string[], text: string): boolean {
  const folded = fold(text);
  return words.every((word) => folded.includes(word));
}

/** Of what was found for the words before, what surely fits those typed now: a quick Enter opens nothing else. */
export function fitting<Line extends { name: string; note: string }>(words: readonly string[], lines: readonly Line[]): Line[] {
  return lines.filter(({ name, note }) => holds(words, `${name} ${note}`));
}
