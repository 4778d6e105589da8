import { Button } from "@mantine/core";
import { useState } from "react";
import { useTexts } from "../i18n";
import { toClipboard } from "./clipboard";

/** Text to copy, with a button that copies it. */
export function Code({ text, wrap = false, label }: { text: string; wrap?: boolean; label?: string }) {
  const { t } = useTexts();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await toClipboard(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <div style={{ position: "relative" }}>
      {/* Scrollable by keyboard, as WCAG 2.1.1 wants it */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={wrap ? "code wrap" : "code"} tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <Button size="compact-xs" variant="default" style={{ position: "absolute", top: 6, right: 6 }} onClick={() => void copy()}>
        {copied ? t("common.copied") : t("common.copy")}
      </Button>
    </div>
  );
}
