import { Alert, Button, Checkbox, FileInput, Group, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { useTexts } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { download } from "../ui/download";
import { faultText } from "../ui/words";
import { Refusal } from "../ui/Saving";

type Report = components["schemas"]["ImportReport"];

const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const COLUMNS = "key,name,serial,profile,site,gateway,note";
const LINES_SHOWN = 200;

/** Many devices from a spreadsheet: first what would become of each line, then for good. */
export function Import({ close }: { close: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [partial, setPartial] = useState(false);
  const send = useMutation({
    mutationFn: ({ table, dry_run }: { table: File; dry_run: boolean }) =>
      take(
        api.POST("/api/v1/devices/import", {
          params: { query: { dry_run, partial } },
          body: table as never,
          bodySerializer: (body: unknown) => body as File,
          headers: { "Content-Type": table.name.toLowerCase().endsWith(".xlsx") ? XLSX : "text/csv", accept: "application/json" },
        }),
      ) as Promise<Report>,
    onSuccess: async ({ applied }) => {
      if (applied) await queries.invalidateQueries({ queryKey: ["devices"] });
    },
  });
  const report = send.data;
  const look = (chosen: File | null) => {
    setFile(chosen);
    send.reset();
    if (chosen !== null) send.mutate({ table: chosen, dry_run: true });
  };
  return (
    <Dialog onClose={close} title={t("import.title")} size="xl">
      <Stack gap="sm">
        {report?.applied === true ? (
          <Made report={report} close={close} />
        ) : (
          <>
            <Text size="sm">
              {t("import.text")} <code>{COLUMNS.replaceAll(",", ", ")}</code>.{" "}
              <button type="button" className="like-link" onClick={() => download("calha-devices.csv", `\ufeff${COLUMNS}\r\npump-1,Bomba 1,A17-0042,generic,,,\r\n`, "text/csv")}>
                {t("import.sample")}
              </button>
            </Text>
            <FileInput label={t("import.file")} placeholder={t("import.choose")} accept={`.csv,.xlsx,text/csv,${XLSX}`} value={file} onChange={look} data-autofocus fileInputProps={{ onClick: (event) => void (event.currentTarget.value = "") }} />
            <Refusal error={send.error} />
            {report !== undefined && <ReportTable report={report} />}
            {report !== undefined && report.errors > 0 && report.created > 0 && <Checkbox label={t("import.partial")} checked={partial} onChange={(event) => setPartial(event.currentTarget.checked)} />}
            {report !== undefined && file !== null && (
              <Button loading={send.isPending} disabled={report.created === 0 || (report.errors > 0 && !partial)} onClick={() => send.mutate({ table: file, dry_run: false })} style={{ alignSelf: "start" }}>
                {t("import.create", { n: report.created })}
              </Button>
            )}
          </>
        )}
      </Stack>
    </Dialog>
  );
}

function ReportTable({ report }: { report: Report }) {
  const { t } = useTexts();
  const lines = [...report.lines].sort((one, other) => Number(other.result === "error") - Number(one.result === "error") || one.line - other.line);
  return (
    <>
      <Text size="sm" role="status">
        {t("import.found", { created: report.created, existing: report.existing, errors: report.errors })}
        {report.ignored_columns.length > 0 && ` ${t("import.ignored", { columns: report.ignored_columns.join(", ") })}`}
      </Text>
      <Table.ScrollContainer minWidth={300} mah={320} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table stickyHeader>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("import.line")}</Table.Th>
              <Table.Th>{t("device.key")}</Table.Th>
              <Table.Th>{t("import.result")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {lines.slice(0, LINES_SHOWN).map((one) => (
              <Table.Tr key={one.line}>
                <Table.Td className="number">{one.line}</Table.Td>
                <Table.Td>{one.key}</Table.Td>
                <Table.Td>
                  {t(`import.${one.result}`)}
                  {one.result === "error" && `: ${faultText(one.reason, one.detail, t)}`}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}

function Made({ report, close }: { report: Report; close: () => void }) {
  const { t } = useTexts();
  const quoted = (text: string | null) => `"${(text ?? "").replaceAll('"', '""')}"`;
  const rows = report.secrets.map((one) => [one.device, one.name, one.serial, one.secret, one.claim_code].map(quoted).join(","));
  const table = ["device,name,serial,secret,claim_code", ...rows].join("\r\n");
  return (
    <>
      <Alert color="orange" variant="light" title={t("import.made", { n: report.created })}>
        {t("import.once")}
      </Alert>
      <Group gap="xs">
        <Button onClick={() => download("calha-secrets.csv", `\ufeff${table}\r\n`, "text/csv")}>{t("import.secrets")}</Button>
        <Button variant="default" onClick={close}>
          {t("common.done")}
        </Button>
      </Group>
    </>
  );
}
