import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, take } from "../api/client";
import { renew } from "../api/renew";
import { useTexts } from "../i18n";
import { problemText } from "../ui/words";
import type { Exception } from "./useExceptions";

/** What was done last, and how it is taken back. */
type Done = { kind: "accepted"; ids: number[] } | { kind: "edited"; edits: { device: string; channel: string; id: number }[] };

/** One after the other, so that keys may be pressed faster than answers come. */
const scope = { id: "exceptions" };

/** What can be done with exceptions, and taken back, last thing first. */
export function useWork() {
  const { t } = useTexts();
  const queries = useQueryClient();
  const done = useRef<readonly Done[]>([]);
  const [canUndo, setCanUndo] = useState(false);
  const setDone = (next: readonly Done[]) => {
    done.current = next;
    setCanUndo(next.length > 0);
  };
  const settle = async () => {
    await renew(queries, ["exceptions"]);
    await renew(queries, ["consumption"]);
  };
  const onError = (error: unknown) => notifications.show({ color: "red", message: problemText(error, t) });
  const accept = useMutation({
    scope,
    mutationFn: (ids: number[]) => take(api.POST("/api/v1/exceptions/accept", { body: { ids } })),
    onSuccess: (_, ids) => {
      setDone([...done.current, { kind: "accepted", ids }]);
      notifications.show({ message: t("validation.accepted", { n: ids.length }) });
      void settle();
    },
    onError,
  });
  const estimate = useMutation({
    scope,
    mutationFn: (rows: Exception[]) => take(api.POST("/api/v1/exceptions/estimate", { body: { ids: rows.map(({ id }) => id), reason: t("validation.estimatedReason") } })),
    onSuccess: (outcomes, rows) => {
      const edits = outcomes.flatMap(({ id, edit_id }) => {
        const row = rows.find((one) => one.id === id);
        return edit_id === null || row === undefined ? [] : [{ device: row.device, channel: row.channel, id: edit_id }];
      });
      if (edits.length > 0) setDone([...done.current, { kind: "edited", edits }]);
      const refused = outcomes.find(({ detail }) => detail !== null)?.detail;
      const message = t("validation.estimated", { n: edits.length, m: outcomes.length - edits.length });
      notifications.show(refused === undefined || refused === null ? { message } : { color: "orange", message: `${message} ${refused}` });
      void settle();
    },
    onError,
  });
  const undo = useMutation({
    scope,
    mutationFn: async () => {
      const last = done.current.at(-1);
      if (last === undefined) return null;
      if (last.kind === "accepted") await take(api.POST("/api/v1/exceptions/reopen", { body: { ids: last.ids } }));
      else
        for (const { device, channel, id } of [...last.edits].reverse())
          await take(api.DELETE("/api/v1/devices/{key}/edits/{edit_id}", { params: { path: { key: device, edit_id: id }, query: { channel } } }));
      return last;
    },
    onSuccess: (last) => {
      if (last === null) return;
      setDone(done.current.filter((one) => one !== last));
      notifications.show({ message: t("validation.undone") });
      void settle();
    },
    onError,
  });
  return {
    isBusy: accept.isPending || estimate.isPending || undo.isPending,
    canUndo,
    accept: (ids: number[]) => accept.mutate(ids),
    estimate: (rows: Exception[]) => estimate.mutate(rows),
    edited: (device: string, channel: string, id: number) => {
      setDone([...done.current, { kind: "edited", edits: [{ device, channel, id }] }]);
      void settle();
    },
    undo: () => undo.mutate(),
  };
}
