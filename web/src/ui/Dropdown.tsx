import { Button } from "@mantine/core";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";

interface Props {
  label: ReactNode;
  /** What the button is called, where its label is only a sign. */
  name?: string;
  children: (close: () => void) => ReactNode;
}

/**
 * A button with a small panel below it, which Escape, a choice in it and a click elsewhere close. What it offers stands where it is from the
 * beginning, `isWaiting` if need be: a choice that comes later moves the others from under the finger, and a press that begins on one
 * and ends on another does nothing.
 */
export function Dropdown({ label, name, children }: Props) {
  const [isOpen, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const [button, hold] = useState<HTMLButtonElement | null>(null);
  useEffect(() => {
    if (!isOpen) return;
    const elsewhere = ({ target }: Event) => {
      if (target instanceof Node && place.current?.contains(target) === false) setOpen(false);
    };
    document.addEventListener("pointerdown", elsewhere);
    document.addEventListener("focusin", elsewhere);
    return () => {
      document.removeEventListener("pointerdown", elsewhere);
      document.removeEventListener("focusin", elsewhere);
    };
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    button?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !isOpen) return;
    event.stopPropagation();
    close();
  };
  return (
    // The panel's own controls take the keys; Escape is heard for all of them.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className="dropdown" ref={place} onKeyDown={onKey}>
      <Button ref={hold} size="compact-sm" variant="subtle" aria-expanded={isOpen} aria-label={name} title={name} onClick={() => setOpen(!isOpen)}>
        {label}
      </Button>
      {isOpen && <div className="panel dropdown-panel">{children(close)}</div>}
    </div>
  );
}

/** One of the choices in such a panel; isWaiting: it cannot be chosen yet. */
export function DropdownItem({ act, close, isWaiting = false, children }: { act: () => void; close: () => void; isWaiting?: boolean; children: ReactNode }) {
  return (
    <button
      type="button"
      className="dropdown-item"
      disabled={isWaiting}
      onClick={() => {
        close();
        act();
      }}
    >
      {children}
    </button>
  );
}
