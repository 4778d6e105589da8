/**
 * Puts a text on the clipboard. Browsers have their own way for pages by HTTPS alone; the Calha of a plant is often reached by
 * plain http, where a field that is selected for a moment does it.
 */
export async function toClipboard(text: string): Promise<void> {
  if (window.isSecureContext && "clipboard" in navigator) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.style.cssText = "position: fixed; opacity: 0";
  (before?.closest("dialog, [role=dialog]") ?? document.body).append(field); // a dialog keeps the focus within
  field.select();
  // Old, but all that a page by plain http has.
  // oxlint-disable-next-line typescript/no-deprecated
  const isDone = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  if (!isDone) throw new Error("the browser lets this page copy nothing");
}
