import { Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Device, take } from "../api/client";
import { amountText, BarChart } from "../consumption/BarChart";
import { decimalOf } from "../ui/decimal";
import { TouchedInvoices } from "../consumption/TouchedInvoices";
import { useTexts } from "../i18n";
import { DecimalInput } from "../ui/DecimalInput";
import { Dialog } from "../ui/Dialog";
import { Refusal, submitting } from "../ui/Saving";
import { spanText } from "./facts";
import type { Exception, Proposal, ProposedEdit } from "./useExceptions";

const methods = ["auto", "register", "interpolation", "like_days", "mean", "manual"] as const;
const steps = ["15m", "1h", "1d"] as const;

interface Props {
  device: Device;
  exception: Exception;
  unit: string;
  close: () => void;
  edited: (editId: number) => void;
}

/** Lets estimated or entered amounts stand instead of what was measured, after a look at what that changes. */
export function EditForm({ device, exception, unit, close, edited }: Props) {
  const { t, language } = useTexts();
  const [method, setMethod] = useState<(typeof methods)[number]>("auto");
  const [step, setStep] = useState<(typeof steps)[number]>("1h");
  const [total, setTotal] = useState("");
  const [reason, setReason] = useState("");
  const asked: ProposedEdit = { channel: exception.channel, from: exception.from, to: exception.to, step, method, ...(method === "manual" ? { total: decimalOf(total), unit } : {}) };
  const proposal = useProposal(device.key, asked);
  const save = useMutation({
    mutationFn: () => take(api.POST("/api/v1/devices/{key}/edits", { params: { path: { key: device.key } }, body: { ...asked, reason, exceptions: [exception.id] } })),
    onSuccess: ({ id }) => {
      notifications.show({ message: t("edit.saved") });
      edited(id);
      close();
    },
  });
  return (
    <Dialog onClose={close} size="lg" title={t("edit.title")}>
      <form onSubmit={submitting(() => save.mutate())}>
        <Stack gap="sm">
          <Text size="sm" className="number">
            {spanText(exception, language)}
          </Text>
          <div className="two-columns">
            <NativeSelect label={t("edit.method")} value={method} onChange={(event) => setMethod(event.currentTarget.value as typeof method)} data={methods.map((value) => ({ value, label: t(`method.${value}`) }))} data-autofocus />
            <NativeSelect label={t("edit.step")} value={step} onChange={(event) => setStep(event.currentTarget.value as typeof step)} data={steps.map((value) => ({ value, label: t(`step.${value}`) }))} />
          </div>
          {method === "manual" && <DecimalInput label={t("edit.total", { unit })} value={total} onChange={setTotal} required />}
          <TextInput label={t("register.reason")} maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} required />
          {proposal.error !== null ? <Refusal error={proposal.error} /> : proposal.data !== undefined && <Preview proposal={proposal.data} zone={device.zone} />}
          <TouchedInvoices
            about={device.key}
            asked={asked}
            enabled={proposal.data !== undefined && proposal.error === null}
            ask={(body) => take(api.POST("/api/v1/devices/{key}/edits/invoices", { params: { path: { key: device.key } }, body }))}
          />
          <Refusal error={save.error} />
          <Group justify="end">
            <Button variant="default" onClick={close}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={save.isPending} disabled={proposal.data === undefined || proposal.error !== null}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function useProposal(device: string, asked: ProposedEdit) {
  const [settled] = useDebouncedValue(asked, 300);
  return useQuery({
    queryKey: ["proposal", device, settled],
    queryFn: () => take(api.POST("/api/v1/devices/{key}/edits/preview", { params: { path: { key: device } }, body: settled })),
    enabled: settled.method !== "manual" || (settled.total ?? null) !== null,
    retry: false,
  });
}

/** The amounts as they are (grey) and as they would be. */
function Preview({ proposal, zone }: { proposal: Proposal; zone: string }) {
  const { t, language } = useTexts();
  const columns = (amounts: readonly (number | null)[], quality: string) => amounts.map((amount, index) => ({ from: proposal.t[index] ?? 0, to: proposal.t[index + 1] ?? 0, amount, quality, coverage: 1 }));
  const amount = (given: Proposal["difference"]) => amountText(given === null ? null : Number(given), proposal.unit, language);
  return (
    <div className="effect" role="status">
      <Text size="sm">
        {t(`method.${proposal.method}`)}: {amount(proposal.total_before.amount)} → <b>{amount(proposal.total_after.amount)}</b>
        {proposal.difference !== null && Number(proposal.difference) !== 0 && ` (${Number(proposal.difference) > 0 ? "+" : ""}${amount(proposal.difference)})`}
      </Text>
      <BarChart
        intervals={columns(proposal.after, proposal.method === "manual" ? "substituted" : "estimated")}
        before={columns(proposal.before, "good")}
        marks={[]}
        unit={proposal.unit}
        view="day"
        zone={zone}
        label={t("edit.preview")}
        open={null}
      />
    </div>
  );
}
