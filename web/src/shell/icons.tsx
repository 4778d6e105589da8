/** A handful of line icons, drawn here so that no icon library is loaded. */
const paths = {
  home: "M3 11l9-7 9 7M6 9.5V20h12V9.5M10 20v-5h4v5",
  devices: "M4 5h16v10H4zM8 19h8M12 15v4",
  alarms: "M6 10a6 6 0 0 1 12 0c0 5 2 6 2 7H4c0-1 2-2 2-7M10 20.5h4",
  dashboards: "M4 4h7v9H4zM15 4h5v5h-5zM15 13h5v7h-5zM4 17h7v3H4z",
  quarantine: "M12 3l9 16H3zM12 9v5M12 16.5v.5",
  anomalies: "M3 17c3 0 3-3 6-3 2 0 2-10 3.5-10S14 14 16 14c2.5 0 2.5 3 5 3M3 21h18",
  validation: "M4 6l1.5 1.5L8 5M4 13l1.5 1.5L8 12M4 20l1.5 1.5L8 19M11 6.5h9M11 13.5h9M11 20.5h9",
  explore: "M4 4v16h16M7 15l4-5 3 3 5-7",
  reports: "M6 3h12v18H6zM9 17v-4M12 17V9M15 17v-6",
  sites: "M4 20V9l8-5 8 5v11M9 20v-6h6v6",
  connections: "M9 7V3M15 7V3M6 7h12v5a6 6 0 0 1-12 0zM12 18v3",
  escalation: "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 21h4M12 3v2",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.4-3.6 3-6 6.5-6s6.1 2.4 6.5 6M16 4.5a3.2 3.2 0 0 1 0 6M18 14.5c2 .8 3.2 2.7 3.5 5.5",
  keys: "M14.5 13.5a4.5 4.5 0 1 0-4-4L3 17v4h4v-2.5h2.5V16h2zM16 8h.01",
  fleets: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 17h6M17 14v6",
  audit: "M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h7",
  billing: "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
  portal: "M12 3c4 5 6 8 6 11a6 6 0 0 1-12 0c0-3 2-6 6-11z",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
  status: "M3 12h4l3-7 4 14 3-7h4",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
