import { Stack } from "@mantine/core";
import { useTexts } from "../i18n";
import { useMe } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { OwnPasskeys } from "./OwnPasskeys";
import { OwnPassword } from "./OwnPassword";
import { OwnSessions } from "./OwnSessions";
import { Profile } from "./Profile";
import { SecondFactor } from "./SecondFactor";

/** Everything about one's own account. */
export function AccountPage() {
  const { t } = useTexts();
  const { person } = useMe();
  return (
    <>
      <PageTitle title={t("user.account")} />
      {person !== null && (
        <Stack gap="md" maw={760}>
          <Profile person={person} />
          <OwnPassword person={person} />
          <SecondFactor isOn={person.has_second_factor} hasPassword={person.has_password} />
          <OwnPasskeys />
          <OwnSessions />
        </Stack>
      )}
    </>
  );
}
