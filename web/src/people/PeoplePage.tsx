import { useTexts } from "../i18n";
import { PageTitle } from "../shell/Pages";

export function PeoplePage() {
  const { t } = useTexts();
  return <PageTitle title={t("nav.people")} />;
}
