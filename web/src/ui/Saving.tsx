import { Alert, Button } from "@mantine/core";
import type { SubmitEvent } from "react";
import { useAllTexts, useTexts } from "../i18n";
import { problemText } from "./words";

interface Change {
  error: unknown;
  isPending: boolean;
}

/** What a change has met: nothing, or why it was refused. */
export function Refusal({ error }: { error: unknown }) {
  const { t } = useTexts();
  useAllTexts();
  if (error === null) return null;
  return (
    <Alert color="red" variant="light" role="alert">
      {problemText(error, t)}
    </Alert>
  );
}

/** The end of a form: what went wrong, and the button that sends it. */
export function Submit({ change, children, disabled = false }: { change: Change; children: string; disabled?: boolean }) {
  return (
    <>
      <Refusal error={change.error} />
      <Button type="submit" loading={change.isPending} disabled={disabled} style={{ alignSelf: "start" }}>
        {children}
      </Button>
    </>
  );
}

/** A form's `onSubmit` that stays on the page. */
export function submitting(send: () => void): (event: SubmitEvent) => void {
  return (event) => {
    event.preventDefault();
    send();
  };
}
