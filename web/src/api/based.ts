/** With it a change is made only if nobody else has changed meanwhile what it is based on. */
export function basedOn({ version }: { version: string }): { "if-match": string } {
  return { "if-match": `"${version}"` };
}
