import { Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { Code } from "../ui/Code";
import { Entrance } from "./Entrance";
import { sessionQuery, useWelcome } from "./session";
import { SignInForm } from "./SignInForm";

const LOOK_AGAIN_MS = 3_000;

/** For whoever is not signed in: the sign-in, or at a first start where to find the link. */
export function Welcome() {
  const { t } = useTexts();
  const welcome = useWelcome();
  const setUp = useQuery({
    queryKey: ["set-up"],
    queryFn: () => take(api.GET("/api/v1/set-up")),
    refetchInterval: ({ state }) => (state.data?.needed === true ? LOOK_AGAIN_MS : false),
  });
  if (setUp.data?.needed === true) return <SetUpHint />;
  return (
    <Entrance title={t("signIn.title")}>
      <SignInForm done={welcome} />
      <Text size="sm" className="quiet" mt="md">
        {t("signIn.forgot")}
      </Text>
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
