/** A state as a shape and a colour. Normal is grey: colour is kept for what wants attention. */
const shapes = {
  ok: <circle cx="6" cy="6" r="4.2" fill="var(--quiet)" />,
  warn: <path d="M6 1.2 11.4 10.8H.6z" fill="var(--warn)" />,
  bad: <rect x="1.5" y="1.5" width="9" height="9" fill="var(--bad)" />,
  quiet: <circle cx="6" cy="6" r="4" fill="none" stroke="var(--quiet)" strokeWidth="1.6" />,
};

export type MarkKind = keyof typeof shapes;

export function Mark({ kind }: { kind: MarkKind }) {
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" style={{ flex: "none" }}>
      {shapes[kind]}
    </svg>
  );
}
