/** A ref for the field that one would type into first. It takes the focus when it appears, not with each drawing. */
export function focusFirst(element: HTMLElement | null): void {
  element?.focus();
}
