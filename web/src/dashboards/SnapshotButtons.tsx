import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { download } from "../ui/download";
import { Refusal } from "../ui/Saving";
import type { Document } from "./types";
import type { Values } from "./variables";

interface Props {
  name: string;
  site: number;
  document: Document;
  values: Values;
}

/** The dashboard as it is now: as a picture, made in this browser, or as a PDF with charts that stay sharp, made by the server. */
export function SnapshotButtons({ name, site, document: board, values }: Props) {
  const { t, language } = useTexts();
  const draw = useMutation({
    mutationFn: async () => {
      const drawn = document.querySelector<HTMLElement>(".board");
      if (drawn === null) return;
      const { fileNameOf, pictureOf } = await import("./snapshot");
      download(`${fileNameOf(name, live.clock)}.png`, await pictureOf(drawn), "image/png");
    },
  });
  const print = useMutation({
    mutationFn: async () => {
      const body = { name, site_id: site, document: board, variables: values, language };
      const [{ fileNameOf }, pdf] = await Promise.all([import("./snapshot"), take(api.POST("/api/v1/dashboards/pdf", { body, parseAs: "blob" }))]);
      download(`${fileNameOf(name, live.clock)}.pdf`, pdf, "application/pdf");
    },
  });
  return (
    <>
      <Refusal error={draw.error ?? print.error} />
      <Button size="xs" variant="default" loading={draw.isPending} onClick={() => draw.mutate()} title={t("boards.pngText")}>
        PNG
      </Button>
      <Button size="xs" variant="default" loading={print.isPending} onClick={() => print.mutate()} title={t("boards.pdfText")}>
        PDF
      </Button>
    </>
  );
}
