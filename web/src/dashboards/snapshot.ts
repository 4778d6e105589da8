import { domToBlob } from "modern-screenshot";

const SCALE = 2; // sharp on a slide and on paper

/** The dashboard as it is seen now, as a PNG picture, made in this browser. */
export async function pictureOf(board: HTMLElement): Promise<Blob> {
  const ground = getComputedStyle(document.body).backgroundColor;
  return await domToBlob(board, { scale: SCALE, backgroundColor: ground, type: "image/png", font: false, filter: isShown, style: { padding: "12px" } });
}

/** Menus are of no use on a picture. */
function isShown(node: Node): boolean {
  return !(node instanceof Element && node.matches(".dropdown"));
}

/** A name that every file system takes. */
export function fileNameOf(name: string, at: number): string {
  const plain = name.normalize("NFKD").replace(/[^\w-]+/g, "-").replace(/^-+|-+$/g, "").toLowerCase();
  return `${plain === "" ? "dashboard" : plain}-${new Date(at).toISOString().slice(0, 16).replace(/[:T]/g, "-")}`;
}
