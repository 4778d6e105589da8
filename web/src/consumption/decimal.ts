/** A number that a person has typed, with a decimal comma or point, as the server takes it; null for nothing. */
export function decimalOf(typed: string): string | null {
  const text = typed.trim().replace(/\s/g, "");
  if (text === "") return null;
  const [comma, point] = [text.lastIndexOf(","), text.lastIndexOf(".")];
  if (comma >= 0 && point >= 0) return comma > point ? text.replaceAll(".", "").replace(",", ".") : text.replaceAll(",", "");
  return text.replace(",", ".");
}
