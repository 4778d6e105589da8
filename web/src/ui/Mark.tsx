/** A state as a shape and a colour: a disc is normal, a triangle wants attention, a square is bad, a ring is nothing. */
const shapes = {
  ok: <circle cx="6" cy="6" r="4.5" fill="var(--ok)" />,
  warn: <path d="M6 1.2 11.4 10.8H.6z" fill="var(--warn)" />,
  bad: <rect x="1.5" y="1.5" width="9" height="9" fill="var(--bad)" />,
  quiet: <circle cx="6" cy="6" r="4" fill="none" stroke="var(--quiet)" strokeWidth="1.6" />,
};

export function Mark({ kind }: { kind: keyof typeof shapes }) {
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" style={{ flex: "none" }}>
      {shapes[kind]}
    </svg>
  );
}
