import type { chartsPtBR } from "./charts.pt-BR";

export const chartsEn: Record<keyof typeof chartsPtBR, string> = {
  "chart.level": "Each point: mean of {resolution}; the band shows the lowest and the highest",
  "chart.passing": "details are on their way…",
  "chart.lost": "No connection: as it was at {time}, {age}",
  "chart.key": "Marks in the chart",
  "chartKey.estimated": "estimated or substituted",
  "chartKey.suspect": "doubtful",
  "chartKey.bad": "bad reading, no value",
  "chart.export": "Export",
  "chart.menuOf": "{name}: table, copy, files",
  "chart.tableCut": "The newest {n} lines of {all}; for the others choose a shorter time, or export them.",
  "chart.copy": "Copy table",
  "chart.copied": "{n} {n|row|rows} copied",
  "chart.csvShown": "Spreadsheet of what is shown (CSV)",
  "chart.png": "Picture (PNG)",
};
