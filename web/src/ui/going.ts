let onward = false;

/** Told at each change of the address: whether somebody goes on to another page, and not back to one. */
export function goOnward(is: boolean): void {
  onward = is;
}

/** The way back keeps its place, which browsers restore at once: what one comes back to is drawn at once, and whole. */
export const isOnward = (): boolean => onward;
