import type { ReactNode } from "react";

/** What may be wider than a phone: scrolls by itself, also by keyboard. */
export function Scrolled({ label, children }: { label: string; children: ReactNode }) {
  return (
    // Only what has the focus can be scrolled by keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="scrolled" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
