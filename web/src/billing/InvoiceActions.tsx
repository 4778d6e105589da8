import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { Confirm } from "../ui/Confirm";
import { Dialog } from "../ui/Dialog";
import { Mark } from "../ui/Mark";
import { Refusal, Submit, submitting } from "../ui/Saving";
import { OwnDifference } from "./Differences";
import type { InvoiceWhole } from "./types";
import { moneyText } from "./words";

/** What can be done with an invoice that is in force: take a payment, take it back, issue it again, prove it. */
export function InvoiceActions({ invoice }: { invoice: InvoiceWhole }) {
  const { t, language } = useTexts();
  const navigate = useNavigate();
  const refresh = useRefresh();
  const [asks, ask] = useState<"cancel" | "reissue" | "pay" | null>(null);
  const path = { path: { number: invoice.number } };
  const close = () => ask(null);
  const cancel = useMutation({ mutationFn: () => take(api.POST("/api/v1/invoices/{number}/cancellation", { params: path })), onSuccess: refresh });
  const reissue = useMutation({
    mutationFn: () => take(api.POST("/api/v1/invoices/{number}/reissue", { params: path })),
    onSuccess: async ({ items }) => {
      await refresh();
      const [note, again] = items;
      if (note === undefined || again === undefined) return;
      notifications.show({ message: t("invoice.reissued", { note: note.number, number: again.number }) });
      await navigate({ to: "/billing/invoices/$number", params: { number: again.number } });
    },
  });
  const isOpen = invoice.state === "issued" || invoice.state === "overdue";
  const isInForce = invoice.kind === "invoice" && (isOpen || invoice.state === "paid");
  return (
    <>
      {isInForce && <OwnDifference number={invoice.number} month={invoice.from_day.slice(0, 7)} contract={invoice.contract} issueAgain={() => ask("reissue")} />}
      <Refusal error={cancel.error ?? reissue.error} />
      <Group gap="xs">
        {isOpen && invoice.kind === "invoice" && (
          <>
            <Button variant="default" onClick={() => ask("pay")}>
              {t("invoice.pay")}
            </Button>
            <Button variant="default" loading={cancel.isPending} onClick={() => ask("cancel")}>
              {t("invoice.cancel")}
            </Button>
          </>
        )}
        <Verification number={invoice.number} />
      </Group>
      <Confirm opened={asks === "cancel"} question={t("invoice.cancelAsk", { number: invoice.number, total: moneyText(invoice.total, language) })} action={t("invoice.cancel")} close={close} confirm={() => cancel.mutate()} />
      <Confirm opened={asks === "reissue"} question={t("invoice.reissueAsk", { number: invoice.number })} action={t("invoice.reissue")} close={close} confirm={() => reissue.mutate()} />
      {asks === "pay" && <PaymentForm invoice={invoice} close={close} />}
    </>
  );
}

/** A payment by another way than Pix: the day, and what proves it. */
function PaymentForm({ invoice, close }: { invoice: InvoiceWhole; close: () => void }) {
  const { t, language } = useTexts();
  const refresh = useRefresh();
  const [day, setDay] = useState("");
  const [reference, setReference] = useState("");
  const pay = useMutation({
    mutationFn: () => take(api.POST("/api/v1/invoices/{number}/payment", { params: { path: { number: invoice.number } }, body: { paid_at: new Date(`${day}T12:00:00`).toISOString(), reference } })),
    onSuccess: async () => {
      await refresh();
      close();
    },
  });
  return (
    <Dialog onClose={close} title={t("invoice.pay")}>
      <form onSubmit={submitting(() => pay.mutate())}>
        <Stack gap="sm">
          <Text size="sm">{t("invoice.payText", { total: moneyText(invoice.total, language) })}</Text>
          <TextInput type="date" label={t("invoice.paidOn")} value={day} onChange={(event) => setDay(event.currentTarget.value)} required data-autofocus />
          <TextInput label={t("invoice.reference")} value={reference} onChange={(event) => setReference(event.currentTarget.value)} maxLength={50} />
          <Submit change={pay}>{t("common.save")}</Submit>
        </Stack>
      </form>
    </Dialog>
  );
}

/** Computes the invoice anew, and says whether it is the same to the last byte. */
function Verification({ number }: { number: string }) {
  const { t } = useTexts();
  const found = useQuery({ queryKey: ["invoice-verification", number], queryFn: () => take(api.GET("/api/v1/invoices/{number}/verification", { params: { path: { number } } })), enabled: false });
  return (
    <>
      <Button variant="default" loading={found.isFetching} onClick={() => void found.refetch()}>
        {t("invoice.verify")}
      </Button>
      <Refusal error={found.error} />
      {found.data !== undefined && (
        <Text size="sm" role="status" className="bill-state">
          <Mark kind={found.data.holds ? "ok" : "bad"} /> {found.data.holds ? t("invoice.holds") : found.data.faults.join("; ")}
        </Text>
      )}
    </>
  );
}

/** After a change of an invoice, all that shows one is asked for anew. */
function useRefresh(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await Promise.all(["invoice", "invoices", "invoice-differences", "payments"].map((name) => queries.invalidateQueries({ queryKey: [name] })));
  };
}
