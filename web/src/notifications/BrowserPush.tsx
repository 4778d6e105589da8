import { Button, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTexts } from "../i18n";
import { Refusal } from "../ui/Saving";
import type { ChannelCalls } from "./channels";
import { browserName, canPush, isBlocked, ownEndpoint, subscribe } from "./push";

/** Lets this browser be told, also while Calha is not open in it. */
export function BrowserPush({ serverKey, calls, changed }: { serverKey: string; calls: ChannelCalls; changed: () => Promise<unknown> }) {
  const { t } = useTexts();
  const endpoint = useQuery({ queryKey: ["push-endpoint"], queryFn: ownEndpoint, enabled: canPush() });
  const turnOn = useMutation({
    mutationFn: async () => {
      const subscription = await subscribe(serverKey);
      if (subscription === null) return;
      await calls.add({ kind: "push", name: browserName(navigator.userAgent), address: "", secret: "", push: subscription });
      await Promise.all([changed(), endpoint.refetch()]);
    },
  });
  if (!canPush()) return <Text size="sm" className="quiet">{t("push.cannot")}</Text>;
  if (isBlocked()) return <Text size="sm" className="quiet">{t("push.blocked")}</Text>;
  return (
    <div>
      <Refusal error={turnOn.error} />
      <Button variant="default" loading={turnOn.isPending} onClick={() => turnOn.mutate()}>
        {endpoint.data === null || endpoint.data === undefined ? t("push.turnOn") : t("push.again")}
      </Button>
    </div>
  );
}
