import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { download } from "../ui/download";
import { Refusal } from "../ui/Saving";

/** The dashboard as it is now: as a picture, or printed, which is also how it becomes a PDF. */
export function SnapshotButtons({ name }: { name: string }) {
  const { t } = useTexts();
  const draw = useMutation({
    mutationFn: async () => {
      const board = document.querySelector<HTMLElement>(".board");
      if (board === null) return;
      const { fileNameOf, pictureOf } = await import("./snapshot");
      download(`${fileNameOf(name, live.clock)}.png`, await pictureOf(board), "image/png");
    },
  });
  return (
    <>
      <Refusal error={draw.error} />
      <Button size="xs" variant="default" loading={draw.isPending} onClick={() => draw.mutate()} title={t("boards.pngText")}>
        PNG
      </Button>
      <Button size="xs" variant="default" onClick={() => window.print()} title={t("boards.pdfText")}>
        PDF
      </Button>
    </>
  );
}
