import { Button, FileButton, NativeSelect, Paper, Stack, Text } from "@mantine/core";
import { keepPreviousData, useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { api, take } from "../api/client";
import { usePages } from "../api/usePages";
import type { components } from "../api/schema";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { useTime } from "../session/time";
import { NoPermission } from "../shell/Pages";
import { Loaded } from "../ui/Loaded";
import { More } from "../ui/More";
import { Mark, type MarkKind } from "../ui/Mark";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";
import { BillingHead } from "./BillingTabs";
import { textIn } from "./statement";
import { OpenCredits } from "./OpenCredits";
import { PAYMENT_STATES } from "./search";
import type { Payment } from "./types";
import { moneyText } from "./words";

const PAGE = 100;
const marks: Record<Payment["state"], MarkKind> = { matched: "ok", unmatched: "warn", wrong_amount: "warn", surplus: "warn" };

/** Payments that came in, and the bank's statement from which they come. */
export function PaymentsPage() {
  const { t } = useTexts();
  const mayReconcile = useRights().on("bill", null);
  return (
    <>
      <BillingHead title={t("billing.payments")} />
      <Stack gap="md">
        <OpenCredits />
        {mayReconcile ? (
          <>
            <Statement />
            <PaymentList />
          </>
        ) : (
          <NoPermission />
        )}
      </Stack>
    </>
  );
}

function Statement() {
  const { t } = useTexts();
  const queries = useQueryClient();
  const upload = useMutation({
    mutationFn: async (file: File) => take(api.POST("/api/v1/payments/statement", { body: { text: textIn(await file.arrayBuffer()) } })),
    onSuccess: () => Promise.all(["payments", "invoices", "invoice"].map((name) => queries.invalidateQueries({ queryKey: [name] }))),
  });
  return (
    <Section title={t("statement.title")} text={t("statement.text")}>
      <Stack gap="xs" align="start">
        <FileButton accept=".csv,text/csv" onChange={(file) => file !== null && upload.mutate(file)}>
          {(props) => (
            <Button {...props} loading={upload.isPending}>
              {t("statement.choose")}
            </Button>
          )}
        </FileButton>
        <Refusal error={upload.error} />
        {upload.data !== undefined && <Receipt receipt={upload.data} />}
      </Stack>
    </Section>
  );
}

function Receipt({ receipt }: { receipt: components["schemas"]["StatementReceipt"] }) {
  const { t } = useTexts();
  return (
    <div role="status" aria-label={t("statement.receipt")}>
      <ul className="plain-list">
        {PAYMENT_STATES.map((state) => (
          <li key={state} className="number">
            <span className="bill-state">
              <Mark kind={receipt[state] === 0 ? "quiet" : marks[state]} /> {t(`paymentState.${state}`)}: <b>{receipt[state]}</b>
            </span>
          </li>
        ))}
      </ul>
      {receipt.unreadable.length > 0 && (
        <details open>
          <summary>{t("statement.unreadable", { n: receipt.unreadable.length })}</summary>
          <ul className="plain-list">
            {receipt.unreadable.map((fault) => (
              <li key={fault}>{fault}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function PaymentList() {
  const { t, language } = useTexts();
  const time = useTime();
  const { state } = useSearch({ from: "/billing/payments" });
  const navigate = useNavigate({ from: "/billing/payments" });
  const payments = usePages(["payments", { state }], (after) => take(api.GET("/api/v1/payments", { params: { query: { ...(state === undefined ? {} : { state }), ...after, limit: PAGE } } })), { placeholderData: keepPreviousData });
  const show = (value: string) => {
    const chosen = PAYMENT_STATES.find((one) => one === value);
    void navigate({ search: chosen === undefined ? {} : { state: chosen }, replace: true });
  };
  return (
    <Section title={t("payments.title")}>
      <NativeSelect
        mb="sm"
        maw={320}
        aria-label={t("invoice.state")}
        value={state ?? ""}
        onChange={(event) => show(event.currentTarget.value)}
        data={[{ value: "", label: t("invoices.anyState") }, ...PAYMENT_STATES.map((value) => ({ value, label: t(`paymentState.${value}`) }))]}
      />
      <Loaded query={payments} height={120}>
        {({ pages }) => {
          const found = pages.flatMap((page) => page.items);
          if (found.length === 0) return <Text className="quiet">{t(state === undefined ? "payments.none" : "payments.noMatch")}</Text>;
          return (
            <Paper className="bill-list" component="ul" bg="transparent">
              {found.map((one) => (
                <li key={one.id} className="bill-line">
                  <div className="number">{time(one.paid_at)}</div>
                  <div>
                    {one.txid === "" ? "—" : one.txid}
                    <div className="quiet">{one.external_id}</div>
                  </div>
                  <div>
                    <b className="number">{moneyText(one.amount, language)}</b>
                    <div>
                      <span className="bill-state">
                        <Mark kind={marks[one.state]} /> {t(one.source === "payout" ? "payments.payout" : one.source === "credit" ? "payments.moved" : `paymentState.${one.state}`)}
                      </span>
                    </div>
                  </div>
                </li>
              ))}
            </Paper>
          );
        }}
      </Loaded>
      <More of={payments} />
    </Section>
  );
}
