import { FileInput, NativeSelect, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { send } from "../api/http";
import { useTexts } from "../i18n";
import { Refusal } from "../ui/Saving";
import type { Dashboard, FileFacts } from "./types";

/** A picture of the dashboard: one that is there, or a new one. */
export function FileField({ board, value, set, accept }: { board: Dashboard; value: number; set: (file: number) => void; accept: string }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const files = useQuery({
    queryKey: ["dashboards", "files", board.id],
    queryFn: async () => (await take(api.GET("/api/v1/dashboards/{dashboard_id}", { params: { path: { dashboard_id: board.id } } }))).files,
  });
  const add = useMutation({
    mutationFn: (file: File) => uploaded(board.id, file),
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ["dashboards", "files", board.id] });
      set(made.id);
    },
  });
  const offered = (files.data ?? board.files).filter(({ media_type }) => accept.split(",").includes(media_type));
  return (
    <Stack gap="xs">
      {offered.length > 0 && (
        <NativeSelect label={t("boards.file")} value={String(value)} onChange={({ currentTarget }) => set(Number(currentTarget.value))} data={[{ value: "0", label: t("boards.chooseFile") }, ...offered.map(({ id, name }) => ({ value: String(id), label: name }))]} />
      )}
      <FileInput label={t("boards.newFile")} description={t("boards.newFileText")} accept={accept} value={null} onChange={(file) => file !== null && add.mutate(file)} disabled={add.isPending} />
      <Refusal error={add.error} />
    </Stack>
  );
}

async function uploaded(board: number, file: File): Promise<FileFacts> {
  const address = `/api/v1/dashboards/${board}/files?name=${encodeURIComponent(file.name.slice(0, 100))}`;
  const response = await send(new Request(address, { method: "POST", body: file, headers: { "content-type": "application/octet-stream" } }));
  const answer: unknown = await response.json();
  return take(Promise.resolve(response.ok ? { data: answer as FileFacts, response } : { error: answer, response }));
}
