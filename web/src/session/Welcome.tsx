import { Alert, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { type Me, Problem } from "../api/client";
import { useTexts } from "../i18n";
import { Code } from "../ui/Code";
import { problemText } from "../ui/words";
import { Entrance } from "./Entrance";
import { Forgotten } from "./Forgotten";
import { OpenIdButton } from "./OpenIdButton";
import { sessionQuery, setUpQuery, useWelcome } from "./session";
import { SignInForm } from "./SignInForm";

/** For whoever is not signed in: the sign-in, which leads home or where a link was to lead; at a first start where to find its link. */
export function Welcome() {
  const { t } = useTexts();
  const welcome = useWelcome();
  const setUp = useQuery(setUpQuery);
  const [hasForgotten, setHasForgotten] = useState(false);
  const { pathname, href, search } = useLocation();
  const refused = "refused" in search ? search.refused : undefined;
  const navigate = useNavigate();
  const isWanted = href !== "/" && pathname !== "/sign-in";
  const enter = (me: Me) => {
    welcome(me);
    if (!isWanted) void navigate({ to: "/home", replace: true });
  };
  if (setUp.data?.needed === true) return <SetUpHint />;
  if (hasForgotten) {
    return (
      <Entrance title={t("forgotten.title")}>
        <Forgotten back={() => setHasForgotten(false)} />
      </Entrance>
    );
  }
  return (
    <Entrance title={t("signIn.title")}>
      {refused !== undefined && <Alert color="red" variant="light" mb="sm" role="alert">{problemText(new Problem(401, t("signIn.refused"), refused), t)}</Alert>}
      <SignInForm done={enter} />
      <OpenIdButton to={isWanted ? href : "/home"} />
      {setUp.data?.reset_by_mail === true ? (
        <button type="button" className="like-link entrance-foot" onClick={() => setHasForgotten(true)}>
          {t("forgotten.open")}
        </button>
      ) : (
        <Text size="sm" className="quiet" mt="md">
          {t("signIn.forgot")}
        </Text>
      )}
    </Entrance>
  );
}

function SetUpHint() {
  const { t } = useTexts();
  const queries = useQueryClient();
  useEffect(() => () => void queries.invalidateQueries({ queryKey: sessionQuery.queryKey }), [queries]);
  return (
    <Entrance title={t("setUp.title")}>
      <Text mb="sm">{t("setUp.where")}</Text>
      <Text mb={6}>{t("setUp.again")}</Text>
      <Code text="calha set-up-link" label={t("setUp.command")} />
      <Text size="sm" className="quiet" mt="md">
        {t("setUp.why")}
      </Text>
    </Entrance>
  );
}
