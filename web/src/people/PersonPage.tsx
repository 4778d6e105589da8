import { useTexts } from "../i18n";
import { PageTitle } from "../shell/Pages";

export function PersonPage() {
  const { t } = useTexts();
  return <PageTitle title={t("nav.people")} />;
}
