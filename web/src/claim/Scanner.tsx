import { Alert, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTexts } from "../i18n";
import { detector } from "./detector";

const EVERY_MS = 200;

/** The camera, until it has read a QR code. */
export function Scanner({ found }: { found: (text: string) => void }) {
  const { t } = useTexts();
  const video = useRef<HTMLVideoElement>(null);
  const [fault, setFault] = useState<"scan.insecure" | "scan.refused" | null>("mediaDevices" in navigator ? null : "scan.insecure");
  useEffect(() => {
    const element = video.current;
    if (element === null || !("mediaDevices" in navigator)) return undefined;
    let isOver = false;
    let stream: MediaStream | null = null;
    const look = async () => {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      if (isWatchOver()) return;
      element.srcObject = stream;
      await element.play();
      const detect = await detector();
      while (!isWatchOver()) {
        const text = await detect(element);
        if (text !== null && !isWatchOver()) found(text);
        await new Promise((go) => setTimeout(go, EVERY_MS));
      }
    };
    const isWatchOver = () => {
      if (isOver) stream?.getTracks().forEach((track) => track.stop());
      return isOver;
    };
    look().catch(() => {
      if (!isOver) setFault("scan.refused");
    });
    return () => {
      isOver = true;
      isWatchOver();
    };
  }, [found]);
  if (fault !== null) {
    return (
      <Alert color="gray" variant="light" role="status">
        {t(fault)}
      </Alert>
    );
  }
  return (
    <div>
      <video ref={video} className="camera" muted playsInline aria-label={t("scan.camera")} />
      <Text size="sm" className="quiet">
        {t("scan.hold")}
      </Text>
    </div>
  );
}
