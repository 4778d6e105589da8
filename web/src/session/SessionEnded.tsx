import { Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { Me } from "../api/client";
import { useTexts } from "../i18n";
import { OpenIdButton } from "./OpenIdButton";
import { useWelcome } from "./session";
import { SignInForm } from "./SignInForm";

/** Asks who is there once more, above a page that stays as it is. A native dialog, because it also lies above the app's own dialogs. */
export function SessionEnded({ me }: { me: Me }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const welcome = useWelcome();
  const dialog = useRef<HTMLDialogElement>(null);
  const show = () => {
    if (dialog.current?.open === false) dialog.current.showModal();
  };
  useEffect(show, []);
  const done = (next: Me) => {
    if (next.person?.id !== me.person?.id) {
      location.reload();
      return;
    }
    welcome(next);
    void queries.invalidateQueries();
  };
  return (
    <dialog ref={dialog} className="panel ended" aria-labelledby="ended-title" onCancel={(event) => event.preventDefault()} onClose={show}>
      <Title order={2} size="h4" id="ended-title" mb={4}>
        {t("ended.title")}
      </Title>
      <Text size="sm" mb="md">
        {t("ended.text")}
      </Text>
      <SignInForm initialLogin={me.person?.email ?? me.person?.user_name ?? ""} done={done} />
      <OpenIdButton to={location.pathname + location.search} />
    </dialog>
  );
}
