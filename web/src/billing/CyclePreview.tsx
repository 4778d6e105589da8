import { Alert, Button, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { useMe } from "../session/session";
import { Dialog } from "../ui/Dialog";
import { Loaded } from "../ui/Loaded";
import { Submit, submitting } from "../ui/Saving";
import { EstimateFields } from "./EstimateFields";
import { amountIn, type Guess, isWhole, noGuess, queryOf } from "./estimate";
import { BillTable } from "./InvoiceLines";
import { isMonth } from "./search";
import { billingProblem, cycleText, monthBefore } from "./words";

/** What one cycle of a contract costs by now, and the way to issue it. month: the one before this when missing. */
export function CyclePreview({ number, month }: { number: string; month?: string }) {
  const { t } = useTexts();
  const { zone } = useMe();
  const [isOpen, open] = useState(false);
  return (
    <>
      <Button size="compact-sm" variant="default" aria-label={`${t("preview.open")} ${number}`} onClick={() => open(true)}>
        {t("preview.open")}
      </Button>
      {isOpen && <PreviewModal number={number} first={month ?? monthBefore(live.clock, zone)} close={() => open(false)} />}
    </>
  );
}

function PreviewModal({ number, first, close }: { number: string; first: string; close: () => void }) {
  const { t, language } = useTexts();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [month, setMonth] = useState(first);
  const [guess, setGuess] = useState<Guess>(noGuess);
  const estimate = queryOf(guess);
  const preview = useQuery({
    queryKey: ["invoice-preview", number, month, estimate],
    queryFn: () => take(api.GET("/api/v1/invoices/preview", { params: { query: { contract: number, month, ...estimate } } })),
    enabled: isMonth(month),
  });
  const issue = useMutation({
    mutationFn: () => take(api.POST("/api/v1/invoices", { body: { contract: number, month, ...(guess.method === null ? {} : { estimate: { method: guess.method, consumption: guess.method === "stated" ? amountIn(guess.consumption) : null, reason: guess.reason.trim() } }) } })),
    onSuccess: async (issued) => {
      await queries.invalidateQueries({ queryKey: ["invoices"] });
      await navigate({ to: "/billing/invoices/$number", params: { number: issued.number } });
    },
  });
  const canIssue = preview.data?.bill !== undefined && preview.data.bill !== null && preview.data.problem === null && isWhole(guess);
  return (
    <Dialog onClose={close} title={t("preview.title", { number })} size="xl">
      <form onSubmit={submitting(() => issue.mutate())}>
        <Stack gap="sm">
          <TextInput
            type="month"
            label={t("invoices.month")}
            value={month}
            onChange={(event) => {
              setMonth(event.currentTarget.value);
              setGuess(noGuess);
            }}
            maw={220}
            required
            data-autofocus
          />
          {guess.method !== null && <EstimateFields guess={guess} change={setGuess} />}
          <Loaded query={preview} height={160}>
            {(found) => (
              <>
                {found.from_day !== null && found.until_day !== null && <Text className="number">{cycleText(found.from_day, found.until_day, language)}</Text>}
                {found.problem !== null && (
                  <Alert color="orange" variant="light">
                    {billingProblem(found.problem, t, language)}
                  </Alert>
                )}
                {found.is_short && guess.method === null && (
                  <Button variant="default" style={{ alignSelf: "start" }} onClick={() => setGuess({ ...noGuess, method: "mean" })}>
                    {t("estimate.decide")}
                  </Button>
                )}
                {found.estimate !== null && <Text size="sm">{found.estimate.method === "mean" ? t("estimate.mean", { known: found.estimate.known_percent, cycles: found.estimate.cycles }) : t("estimate.stated", { known: found.estimate.known_percent })}</Text>}
                {found.is_of_unusual_length && found.days !== null && (
                  <Alert color="yellow" variant="light">
                    {t("preview.unusualDays", { days: found.days })}
                  </Alert>
                )}
                {found.is_estimated && <Text size="sm">{t("preview.estimated")}</Text>}
                {found.bill !== null && <BillTable bill={found.bill} />}
              </>
            )}
          </Loaded>
          <Submit change={issue} disabled={!canIssue}>
            {t("preview.issue")}
          </Submit>
        </Stack>
      </form>
    </Dialog>
  );
}
