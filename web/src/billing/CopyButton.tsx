import { Button, type ButtonProps } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTexts } from "../i18n";
import { toClipboard } from "../ui/clipboard";

const TOLD_MS = 2_000;

/** Copies a text, and says for a moment that it has. */
export function CopyButton({ text, children, ...props }: { text: string; children: string } & Omit<ButtonProps, "children">) {
  const { t } = useTexts();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), TOLD_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return (
    <Button {...props} onClick={() => void toClipboard(text).then(() => setCopied(true))}>
      {isCopied ? t("common.copied") : children}
    </Button>
  );
}
