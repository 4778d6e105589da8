import { Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type Device, take } from "../api/client";
import { renew } from "../api/renew";
import { amountText } from "../consumption/BarChart";
import { edges, type Period } from "../consumption/period";
import { UndoButton } from "../consumption/UndoButton";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";

/** Edits of a channel in a period, also those taken back. */
export function EditHistory({ device, channel, period, mayOperate }: { device: Device; channel: string; period: Period; mayOperate: boolean }) {
  const { t, language } = useTexts();
  const queries = useQueryClient();
  const edits = useQuery({
    queryKey: ["consumption", device.key, "edits", channel, period],
    queryFn: () => take(api.GET("/api/v1/devices/{key}/edits", { params: { path: { key: device.key }, query: { channel, ...edges(period) } } })),
  });
  const undo = useMutation({
    mutationFn: (id: number) => take(api.DELETE("/api/v1/devices/{key}/edits/{edit_id}", { params: { path: { key: device.key, edit_id: id }, query: { channel } } })),
    onSuccess: async () => {
      notifications.show({ message: t("edit.undone") });
      await renew(queries, ["consumption", device.key]);
      await renew(queries, ["exceptions"]);
    },
  });
  return (
    <Section title={t("edit.history")} text={t("edit.historyText")}>
      {edits.data?.length === 0 && <Text className="quiet">{t("edit.none")}</Text>}
      <ul className="plain-list">
        {edits.data?.map((one) => (
          <li key={one.id} className={one.undone_at === null ? "list-line" : "list-line quiet"}>
            <Group justify="space-between" gap="xs">
              <span style={{ minWidth: 0, flex: "1 1 260px" }}>
                <b>{amountText(Number(one.amount), one.unit, language)}</b> · {t(`method.${one.method}`)}
                <br />
                <span className="number">
                  {formatTime(one.from, language, device.zone)} – {formatTime(one.to, language, device.zone)}
                </span>
                <br />
                {one.author} · {formatTime(one.made_at, language, device.zone)}
                {one.reason !== "" && ` · ${one.reason}`}
                {one.undone_by !== null && ` · ${t("edit.undoneBy", { name: one.undone_by })}`}
              </span>
              {mayOperate && one.undone_at === null && (
                <UndoButton
                  look={() => take(api.GET("/api/v1/devices/{key}/edits/{edit_id}/invoices", { params: { path: { key: device.key, edit_id: one.id }, query: { channel } } }))}
                  undo={() => undo.mutate(one.id)}
                  isBusy={undo.isPending}
                />
              )}
            </Group>
          </li>
        ))}
      </ul>
      <Refusal error={undo.error} />
    </Section>
  );
}
