import { Alert, Button } from "@mantine/core";
import { useAllTexts, useTexts } from "../i18n";
import { useConnection } from "../live/hooks";
import { useUntold } from "../ui/failed";
import { problemText } from "../ui/words";
import css from "./Shell.module.css";

/** That a part of the page is missing, where the part does not say so itself. While Calha is out of reach, another line says it. */
export function Untold() {
  const { t } = useTexts();
  useAllTexts();
  const untold = useUntold();
  const isLost = useConnection() === "lost";
  if (untold === null || isLost) return null;
  return (
    <Alert className={css.banner} color="red" variant="light" role="alert" title={t("error.partial")}>
      {problemText(untold.reason, t)}{" "}
      <Button size="compact-sm" variant="default" onClick={untold.again}>
        {t("common.retry")}
      </Button>
    </Alert>
  );
}
