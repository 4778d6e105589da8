import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTexts } from "../i18n";
import { setUpQuery } from "./session";

/** The way to the OpenID Connect provider, if there is one, and from there back to a page of ours. */
export function OpenIdButton({ to }: { to: string }) {
  const { t } = useTexts();
  const provider = useQuery(setUpQuery).data?.openid;
  if (!provider) return null;
  return (
    <Button component="a" href={`/api/v1/session/openid?to=${encodeURIComponent(to)}`} variant="default" fullWidth mt="sm">
      {t("signIn.with", { name: provider })}
    </Button>
  );
}
