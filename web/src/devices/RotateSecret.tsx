import { NativeSelect, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { Submit, submitting } from "../ui/Saving";
import { rememberSecret } from "./secrets";

const OVERLAPS_S = { none: 0, hour: 3_600, day: 86_400, week: 604_800 } as const;
const HOUR = String(OVERLAPS_S.hour);

/** Makes a new secret, which the page then shows once; the old one holds for a while. */
export function RotateSecret({ device, close }: { device: string; close: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [overlap, setOverlap] = useState(HOUR);
  const rotate = useMutation({
    mutationFn: () => take(api.POST("/api/v1/devices/{key}/credentials", { params: { path: { key: device } }, body: { overlap_s: Number(overlap) } })),
    onSuccess: async ({ secret }) => {
      rememberSecret(device, secret);
      close();
      window.scrollTo({ top: 0 });
      await queries.invalidateQueries({ queryKey: ["credentials", device] });
    },
  });
  return (
    <Dialog onClose={close} title={t("credentials.rotate")}>
      <form onSubmit={submitting(rotate.mutate)}>
        <Stack gap="sm">
          <Text size="sm">{t("credentials.rotateText")}</Text>
          <NativeSelect
            label={t("credentials.overlap")}
            value={overlap}
            onChange={(event) => setOverlap(event.currentTarget.value)}
            data={(["none", "hour", "day", "week"] as const).map((name) => ({ value: String(OVERLAPS_S[name]), label: t(`overlap.${name}`) }))}
          />
          <Submit change={rotate}>{t("credentials.make")}</Submit>
        </Stack>
      </form>
    </Dialog>
  );
}
