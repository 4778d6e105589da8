import { Loader } from "@mantine/core";
import { Suspense, useState } from "react";
import { useTexts } from "../i18n";
import { Dropdown } from "../ui/Dropdown";
import { later } from "../ui/later";
import type { ViewPage } from "./pages";
import type { View } from "./useViews";

const Views = later(async () => (await import("./Views")).Views);
const EditView = later(async () => (await import("./EditView")).EditView);

interface Props {
  page: ViewPage;
  /** What is shown, as the page's address has it; without what lasts a moment only, such as an open form. */
  search: object;
}

/** What one has saved of a page, and what others share, to be opened again; and the way to save what is shown. */
export function ViewsMenu({ page, search }: Props) {
  const { t } = useTexts();
  const [edited, edit] = useState<View | null>(null);
  return (
    <>
      <Dropdown label={t("views.title")}>
        {(close) => (
          <Suspense fallback={<Loader size="sm" role="img" aria-label={t("common.loading")} />}>
            <Views
              page={page}
              search={search}
              close={close}
              edit={(view) => {
                close();
                edit(view);
              }}
            />
          </Suspense>
        )}
      </Dropdown>
      {edited !== null && (
        <Suspense>
          <EditView view={edited} page={page} search={search} close={() => edit(null)} />
        </Suspense>
      )}
    </>
  );
}
