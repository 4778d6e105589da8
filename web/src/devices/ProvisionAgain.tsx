import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { Confirm } from "../ui/Confirm";
import { Refusal } from "../ui/Saving";

const HOURS = 24;

/** Lets a device of a fleet that has lost its secret ask for another one with the fleet's key. */
export function ProvisionAgain({ device }: { device: string }) {
  const { t } = useTexts();
  const [asks, setAsks] = useState(false);
  const allow = useMutation({
    mutationFn: () => take(api.PUT("/api/v1/devices/{key}/provisioning", { params: { path: { key: device } }, body: { hours: HOURS } })),
    onSuccess: () => notifications.show({ message: t("provision.allowed", { hours: HOURS }) }),
  });
  return (
    <>
      <Button variant="default" loading={allow.isPending} onClick={() => setAsks(true)}>
        {t("provision.again")}
      </Button>
      <Refusal error={allow.error} />
      <Confirm opened={asks} question={t("provision.ask", { key: device, hours: HOURS })} action={t("provision.allow")} close={() => setAsks(false)} confirm={() => allow.mutate()} />
    </>
  );
}
