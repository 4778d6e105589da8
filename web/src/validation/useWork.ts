import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { problemText } from "../ui/words";
import type { Exception } from "./useExceptions";
import type { Done } from "./work";

/** What can be done with exceptions, and taken back, last thing first. */
export function useWork() {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [done, setDone] = useState<readonly Done[]>([]);
  const settle = async () => {
    await queries.invalidateQueries({ queryKey: ["exceptions"] });
    await queries.invalidateQueries({ queryKey: ["consumption"] });
  };
  const onError = (error: unknown) => notifications.show({ color: "red", message: problemText(error, t) });
  const accept = useMutation({
    mutationFn: (ids: number[]) => take(api.POST("/api/v1/exceptions/accept", { body: { ids } })),
    onSuccess: (_, ids) => {
      setDone((earlier) => [...earlier, { kind: "accepted", ids }]);
      notifications.show({ message: t("validation.accepted", { n: ids.length }) });
      return settle();
    },
    onError,
  });
  const estimate = useMutation({
    mutationFn: (rows: Exception[]) => take(api.POST("/api/v1/exceptions/estimate", { body: { ids: rows.map(({ id }) => id), reason: t("validation.estimatedReason") } })),
    onSuccess: (outcomes, rows) => {
      const edits = outcomes.flatMap(({ id, edit_id }) => {
        const row = rows.find((one) => one.id === id);
        return edit_id === null || row === undefined ? [] : [{ device: row.device, channel: row.channel, id: edit_id }];
      });
      if (edits.length > 0) setDone((earlier) => [...earlier, { kind: "edited", edits }]);
      const refused = outcomes.find(({ detail }) => detail !== null)?.detail;
      const message = t("validation.estimated", { n: edits.length, m: outcomes.length - edits.length });
      notifications.show(refused === undefined || refused === null ? { message } : { color: "orange", message: `${message} ${refused}` });
      return settle();
    },
    onError,
  });
  const undo = useMutation({
    mutationFn: async (last: Done) => {
      if (last.kind === "accepted") await take(api.POST("/api/v1/exceptions/reopen", { body: { ids: last.ids } }));
      else
        for (const { device, channel, id } of [...last.edits].reverse())
          await take(api.DELETE("/api/v1/devices/{key}/edits/{edit_id}", { params: { path: { key: device, edit_id: id }, query: { channel } } }));
    },
    onSuccess: (_, last) => {
      setDone((earlier) => earlier.filter((one) => one !== last));
      notifications.show({ message: t("validation.undone") });
      return settle();
    },
    onError,
  });
  return {
    isBusy: accept.isPending || estimate.isPending || undo.isPending,
    canUndo: done.length > 0,
    accept: (ids: number[]) => accept.mutate(ids),
    estimate: (rows: Exception[]) => estimate.mutate(rows),
    edited: (device: string, channel: string, id: number) => {
      setDone((earlier) => [...earlier, { kind: "edited", edits: [{ device, channel, id }] }]);
      void settle();
    },
    undo: () => {
      const last = done.at(-1);
      if (last !== undefined) undo.mutate(last);
    },
  };
}
