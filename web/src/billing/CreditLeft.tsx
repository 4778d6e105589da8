import { Alert, Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { useTexts } from "../i18n";
import { useTime } from "../session/time";
import { Dialog } from "../ui/Dialog";
import { Refusal, Submit, submitting } from "../ui/Saving";
import { moneyText } from "./words";

type Credit = components["schemas"]["CreditLeft"];

/** What becomes of an invoice's credit, for whoever pays it and for who bills it. */
export function CreditLeft({ credit, mayBill }: { credit: Credit; mayBill: boolean }) {
  const { t } = useTexts();
  return (
    <Alert color={credit.is_stranded && mayBill ? "orange" : "blue"} variant="light" role="status" title={t("creditLeft.title")}>
      <CreditFate credit={credit} mayBill={mayBill} />
    </Alert>
  );
}

/** Where a credit goes, in a sentence, and what can be done with it. */
export function CreditFate({ credit, mayBill }: { credit: Credit; mayBill: boolean }) {
  return (
    <>
      <Text size="sm" className="number" mb={mayBill && credit.taken_by === null ? "xs" : 0}>
        <Fate credit={credit} />
      </Text>
      {mayBill && credit.taken_by === null && <CreditActions credit={credit} />}
    </>
  );
}

function Fate({ credit }: { credit: Credit }) {
  const { t, language } = useTexts();
  const time = useTime();
  const amount = moneyText(credit.amount, language);
  if (credit.taken_by !== null) {
    return (
      <>
        {t("creditLeft.taken", { amount })}{" "}
        <Link to="/billing/invoices/$number" params={{ number: credit.taken_by }} className="plain-link">
          {credit.taken_by}
        </Link>
      </>
    );
  }
  if (credit.paid_at !== null) return t("creditLeft.paidOut", { amount, at: time(credit.paid_at) });
  return t(credit.is_stranded ? "creditLeft.stranded" : "creditLeft.comes", { amount, contract: credit.holder });
}

function CreditActions({ credit }: { credit: Credit }) {
  const { t } = useTexts();
  const refresh = useRefresh();
  const [asks, ask] = useState<"pay" | "move" | null>(null);
  const undo = useMutation({ mutationFn: () => take(api.DELETE("/api/v1/invoices/{number}/payout", pathOf(credit))), onSuccess: refresh });
  if (credit.paid_at !== null) {
    return (
      <>
        <Refusal error={undo.error} />
        <Button size="compact-sm" variant="default" loading={undo.isPending} onClick={() => undo.mutate()}>
          {t("creditLeft.undo")}
        </Button>
      </>
    );
  }
  const close = () => ask(null);
  return (
    <Group gap="xs">
      <Button size="compact-sm" variant="default" aria-label={`${t("creditLeft.pay")} ${credit.number}`} onClick={() => ask("pay")}>
        {t("creditLeft.pay")}
      </Button>
      <Button size="compact-sm" variant="default" aria-label={`${t("creditLeft.move")} ${credit.number}`} onClick={() => ask("move")}>
        {t("creditLeft.move")}
      </Button>
      {asks === "pay" && <PayOutForm credit={credit} close={close} />}
      {asks === "move" && <MoveForm credit={credit} close={close} />}
    </Group>
  );
}

/** When it was given back, and what proves it. */
function PayOutForm({ credit, close }: { credit: Credit; close: () => void }) {
  const { t, language } = useTexts();
  const refresh = useRefresh();
  const [day, setDay] = useState("");
  const [reference, setReference] = useState("");
  const pay = useMutation({
    mutationFn: () => take(api.POST("/api/v1/invoices/{number}/payout", { ...pathOf(credit), body: { paid_at: new Date(`${day}T12:00:00`).toISOString(), reference } })),
    onSuccess: async () => {
      await refresh();
      close();
    },
  });
  return (
    <Dialog onClose={close} title={t("creditLeft.pay")}>
      <form onSubmit={submitting(() => pay.mutate())}>
        <Stack gap="sm">
          <Text size="sm">{t("creditLeft.payText", { amount: moneyText(credit.amount, language), customer: credit.customer })}</Text>
          <TextInput type="date" label={t("creditLeft.paidOn")} value={day} onChange={(event) => setDay(event.currentTarget.value)} required data-autofocus />
          <TextInput label={t("invoice.reference")} value={reference} onChange={(event) => setReference(event.currentTarget.value)} maxLength={50} />
          <Submit change={pay}>{t("common.save")}</Submit>
        </Stack>
      </form>
    </Dialog>
  );
}

/** Another contract of the same customer, whose next invoice is less by it. */
function MoveForm({ credit, close }: { credit: Credit; close: () => void }) {
  const { t, language } = useTexts();
  const refresh = useRefresh();
  const [chosen, choose] = useState("");
  const contracts = useQuery({
    queryKey: ["contracts", credit.customer_id],
    queryFn: () => take(api.GET("/api/v1/contracts", { params: { query: { customer: credit.customer_id } } })),
  });
  const others = (contracts.data?.items ?? []).filter(({ number }) => number !== credit.holder);
  const move = useMutation({
    mutationFn: () => take(api.PUT("/api/v1/invoices/{number}/credit", { ...pathOf(credit), body: { contract: chosen } })),
    onSuccess: async () => {
      await refresh();
      close();
    },
  });
  return (
    <Dialog onClose={close} title={t("creditLeft.move")}>
      <form onSubmit={submitting(() => move.mutate())}>
        <Stack gap="sm">
          <Text size="sm">{t("creditLeft.moveText", { amount: moneyText(credit.amount, language), customer: credit.customer })}</Text>
          {contracts.isSuccess && others.length === 0 ? (
            <Text size="sm">{t("creditLeft.noOther", { customer: credit.customer })}</Text>
          ) : (
            <NativeSelect label={t("invoice.contract")} value={chosen} onChange={(event) => choose(event.currentTarget.value)} data={["", ...others.map(({ number, device }) => ({ value: number, label: `${number} · ${device}` }))]} required data-autofocus />
          )}
          <Submit change={move} disabled={chosen === ""}>
            {t("creditLeft.move")}
          </Submit>
        </Stack>
      </form>
    </Dialog>
  );
}

function pathOf(credit: Credit) {
  return { params: { path: { number: credit.number } } };
}

function useRefresh(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await Promise.all(["invoice", "invoices", "payments"].map((name) => queries.invalidateQueries({ queryKey: [name] })));
  };
}
