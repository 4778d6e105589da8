import { useTexts } from "../../i18n";
import { problemText } from "../../ui/words";
import { Frame, Nothing } from "../Frame";
import { Markdown } from "../markdown";
import type { Of } from "../types";
import { usePicture } from "./pictures";

export function TextNote({ widget }: { widget: Of<"text"> }) {
  const { t } = useTexts();
  return (
    <Frame title={widget.title}>
      <div className="widget-text">{widget.text.trim() === "" ? <Nothing>{t("boards.textEmpty")}</Nothing> : <Markdown text={widget.text} />}</div>
    </Frame>
  );
}

export function Picture({ widget }: { widget: Of<"image"> }) {
  const { t } = useTexts();
  const picture = usePicture(widget.file);
  return (
    <Frame title={widget.title}>
      {picture.data === undefined ? <Nothing>{picture.error === null ? t("common.loading") : problemText(picture.error, t)}</Nothing> : <img className="widget-picture" src={picture.data.address} alt={widget.description} />}
    </Frame>
  );
}
