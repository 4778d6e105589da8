/** A handful of line icons, drawn here so that no icon library is loaded. */
const paths = {
  devices: "M4 5h16v10H4zM8 19h8M12 15v4",
  quarantine: "M12 3l9 16H3zM12 9v5M12 16.5v.5",
  sites: "M4 20V9l8-5 8 5v11M9 20v-6h6v6",
  status: "M3 12h4l3-7 4 14 3-7h4",
} as const;

export function Icon({ name }: { name: keyof typeof paths }) {
  return (
    <svg width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
