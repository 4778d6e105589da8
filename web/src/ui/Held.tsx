import { Alert, Button } from "@mantine/core";
import { Fragment, type ReactNode, useCallback, useEffect, useState } from "react";
import { useTexts } from "../i18n";

interface Props<Data> {
  found: Data;
  /** By which one tells what was saved from what was saved before. */
  version: (data: Data) => string | number | null;
  /** `holds` is told whether the form has changes that are not saved. */
  children: (base: Data, holds: (isChanged: boolean) => void) => ReactNode;
}

/** A form over what the server has. What somebody has begun to change stays under his hands when another person saves meanwhile, and he is told. */
export function Held<Data>({ found, version, children }: Props<Data>) {
  const { t } = useTexts();
  const [held, hold] = useState<{ data: Data } | null>(null);
  const base = held === null ? found : held.data;
  const isOld = version(base) !== version(found);
  const holds = useCallback((isChanged: boolean) => hold((before) => (isChanged ? (before ?? { data: base }) : null)), [base]);
  return (
    <>
      {isOld && (
        <Alert color="orange" variant="light" mb="sm" role="alert" title={t("held.title")}>
          {t("held.text")}{" "}
          <Button size="compact-sm" variant="default" onClick={() => hold(null)}>
            {t("held.theirs")}
          </Button>
        </Alert>
      )}
      <Fragment key={version(base)}>{children(base, holds)}</Fragment>
    </>
  );
}

/** Tells `Held` whether there are changes. */
export function useHolding(holds: ((isChanged: boolean) => void) | undefined, isChanged: boolean): void {
  useEffect(() => holds?.(isChanged), [holds, isChanged]);
}
