/** The charts on screen as one picture with what one needs to read them without the page: title, time, lines, where it is from. */

import { FONT, inks, type Scheme } from "./inks";

const MARGIN_PX = 16;
const LINE_PX = 18;

export interface Caption {
  title: string;
  /** Which time, in which zone, how resolved. */
  below: string;
}

/** A PNG of the charts in a part of the page. */
export async function pictureOf(place: HTMLElement, { title, below }: Caption, scheme: Scheme): Promise<Blob> {
  const ink = inks[scheme];
  const charts = [...place.querySelectorAll<HTMLCanvasElement>(".chart canvas")];
  const ratio = devicePixelRatio;
  const figures = charts.map((canvas) => ({ canvas, names: namesBelow(canvas), units: canvas.closest<HTMLElement>(".chart")?.dataset.units ?? "" }));
  const width = Math.max(...charts.map((canvas) => canvas.width)) / ratio + 2 * MARGIN_PX;
  const tall = ({ canvas, names }: (typeof figures)[number]) => canvas.height / ratio + LINE_PX * names.length + MARGIN_PX;
  const height = figures.reduce((sum, figure) => sum + tall(figure), 2 * MARGIN_PX + 2 * LINE_PX);
  const target = document.createElement("canvas");
  target.width = width * ratio;
  target.height = height * ratio;
  const ctx = target.getContext("2d");
  if (ctx === null) throw new Error("no canvas to draw on");
  ctx.scale(ratio, ratio);
  ctx.fillStyle = ink.ground;
  ctx.fillRect(0, 0, width, height);
  write(ctx, title, MARGIN_PX, ink.strong, `600 15px ${FONT.slice("12px ".length)}`);
  write(ctx, below, MARGIN_PX + LINE_PX, ink.text, FONT);
  let top = MARGIN_PX + 2.5 * LINE_PX;
  for (const figure of figures) {
    const { canvas, names, units } = figure;
    write(ctx, units, top - LINE_PX / 2, ink.text, FONT);
    ctx.drawImage(canvas, MARGIN_PX, top, canvas.width / ratio, canvas.height / ratio);
    names.forEach(({ text, colour }, number) => write(ctx, text, top + canvas.height / ratio + number * LINE_PX, colour, FONT));
    top += tall(figure);
  }
  return new Promise((resolve, reject) => target.toBlob((blob) => (blob === null ? reject(new Error("no picture")) : resolve(blob)), "image/png"));
}

function write(ctx: CanvasRenderingContext2D, text: string, top: number, colour: string, font: string): void {
  ctx.font = font;
  ctx.fillStyle = colour;
  ctx.textBaseline = "top";
  ctx.fillText(text, MARGIN_PX, top);
}

/** The lines of a chart by name, each in its colour, from the legend below it. */
function namesBelow(canvas: HTMLCanvasElement): { text: string; colour: string }[] {
  const rows = canvas.closest(".uplot")?.querySelectorAll<HTMLElement>(".u-legend .u-series:not(.band)") ?? [];
  return [...rows].slice(1).map((row) => {
    const marker = row.querySelector<HTMLElement>(".u-marker");
    return { text: `— ${row.querySelector(".u-label")?.textContent ?? ""}`, colour: marker?.style.borderColor || "#808080" };
  });
}
