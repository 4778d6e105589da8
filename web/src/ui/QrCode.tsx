import encode from "qr";

/** A text as QR code; black on white whatever the theme, as cameras want it. */
export function QrCode({ text, label }: { text: string; label: string }) {
  return <img className="qr" src={`data:image/svg+xml,${encodeURIComponent(encode(text, "svg"))}`} alt={label} width={220} height={220} />;
}
