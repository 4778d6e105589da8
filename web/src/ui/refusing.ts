/** For an input: a form with what is wrong in it is not sent. */
export function refusing(wrong: string | null): (input: HTMLInputElement | null) => void {
  return (input) => input?.setCustomValidity(wrong ?? "");
}
