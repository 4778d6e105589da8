import { Navigate, useParams } from "@tanstack/react-router";
import { useTexts } from "../i18n";
import { NotFound, PageTitle } from "../shell/Pages";
import { Loaded } from "../ui/Loaded";
import { isViewPage } from "./pages";
import { useView } from "./useViews";

/** The address of a saved view leads to what it shows now. */
export function ViewPage() {
  const { t } = useTexts();
  const { id } = useParams({ from: "/views/$id" });
  const view = useView(Number(id));
  return (
    <>
      <PageTitle title={t("views.title")} />
      <Loaded query={view} height={80}>
        {({ page, search }) => (isViewPage(page) ? <Navigate to={page} search={search} replace /> : <NotFound />)}
      </Loaded>
    </>
  );
}
