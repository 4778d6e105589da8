/** Reads QR codes from a camera's picture: by the browser where it can, else by a decoder that is loaded only then. */

interface Barcodes {
  detect: (source: HTMLVideoElement) => Promise<{ rawValue: string }[]>;
}

declare global {
  interface Window {
    BarcodeDetector?: { new (options: { formats: string[] }): Barcodes; getSupportedFormats: () => Promise<string[]> };
  }
}

const LARGEST_PX = 800; // more costs time and finds nothing more

export type Detect = (video: HTMLVideoElement) => Promise<string | null>;

export async function detector(): Promise<Detect> {
  const native = window.BarcodeDetector;
  if (native !== undefined && (await native.getSupportedFormats()).includes("qr_code")) {
    const barcodes = new native({ formats: ["qr_code"] });
    return async (video) => (await barcodes.detect(video))[0]?.rawValue ?? null;
  }
  const { default: decode } = await import("qr/decode.js");
  const canvas = document.createElement("canvas");
  return (video) => {
    const scale = Math.min(1, LARGEST_PX / Math.max(video.videoWidth, video.videoHeight));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    const drawing = canvas.getContext("2d", { willReadFrequently: true });
    if (drawing === null || canvas.width === 0) return Promise.resolve(null);
    drawing.drawImage(video, 0, 0, canvas.width, canvas.height);
    try {
      return Promise.resolve(decode(drawing.getImageData(0, 0, canvas.width, canvas.height)));
    } catch {
      return Promise.resolve(null); // no code in this picture
    }
  };
}
