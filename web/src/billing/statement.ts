/** The text of a bank's statement. Many Brazilian banks still write Latin-1, which is no valid UTF-8 once it has an accent. */
export function textIn(content: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return new TextDecoder("windows-1252").decode(content);
  }
}
