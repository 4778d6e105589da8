import { Loader } from "@mantine/core";
import { Suspense } from "react";
import { useTexts } from "../i18n";
import { Dropdown } from "../ui/Dropdown";
import { later } from "../ui/later";
import type { ViewPage } from "./pages";

const Views = later(async () => (await import("./Views")).Views);

interface Props {
  page: ViewPage;
  /** What is shown, as the page's address has it; without what lasts a moment only, such as an open form. */
  search: object;
}

/** What one has saved of a page, to be opened again; and the way to save what is shown. */
export function ViewsMenu({ page, search }: Props) {
  const { t } = useTexts();
  return (
    <Dropdown label={t("views.title")}>
      {(close) => (
        <Suspense fallback={<Loader size="sm" role="img" aria-label={t("common.loading")} />}>
          <Views page={page} search={search} close={close} />
        </Suspense>
      )}
    </Dropdown>
  );
}
