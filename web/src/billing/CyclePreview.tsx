import { Alert, Button, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { Loaded } from "../ui/Loaded";
import { Submit, submitting } from "../ui/Saving";
import { BillTable } from "./InvoiceLines";
import type { Contract } from "./types";
import { isMonth } from "./search";
import { billingProblem, cycleText, monthBefore } from "./words";

/** What one cycle of a contract costs by now, and the way to issue it. */
export function CyclePreview({ contract }: { contract: Contract }) {
  const { t } = useTexts();
  const [isOpen, open] = useState(false);
  return (
    <>
      <Button size="compact-sm" variant="default" aria-label={`${t("preview.open")} ${contract.number}`} onClick={() => open(true)}>
        {t("preview.open")}
      </Button>
      {isOpen && <PreviewModal contract={contract} close={() => open(false)} />}
    </>
  );
}

function PreviewModal({ contract, close }: { contract: Contract; close: () => void }) {
  const { t, language } = useTexts();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [month, setMonth] = useState(monthBefore(live.clock));
  const preview = useQuery({
    queryKey: ["invoice-preview", contract.number, month],
    queryFn: () => take(api.GET("/api/v1/invoices/preview", { params: { query: { contract: contract.number, month } } })),
    enabled: isMonth(month),
  });
  const issue = useMutation({
    mutationFn: () => take(api.POST("/api/v1/invoices", { body: { contract: contract.number, month } })),
    onSuccess: async ({ number }) => {
      await queries.invalidateQueries({ queryKey: ["invoices"] });
      await navigate({ to: "/billing/invoices/$number", params: { number } });
    },
  });
  return (
    <Modal opened onClose={close} title={t("preview.title", { number: contract.number })} size="xl" closeButtonProps={{ "aria-label": t("common.cancel") }}>
      <form onSubmit={submitting(() => issue.mutate())}>
        <Stack gap="sm">
          <TextInput type="month" label={t("invoices.month")} value={month} onChange={(event) => setMonth(event.currentTarget.value)} maw={220} required data-autofocus />
          <Loaded query={preview} height={160}>
            {(found) => (
              <>
                {found.from_day !== null && found.until_day !== null && <Text className="number">{cycleText(found.from_day, found.until_day, language)}</Text>}
                {found.problem !== null && (
                  <Alert color="orange" variant="light">
                    {billingProblem(found.problem, t, language)}
                  </Alert>
                )}
                {found.is_estimated && <Text size="sm">{t("preview.estimated")}</Text>}
                {found.bill !== null && <BillTable bill={found.bill} />}
              </>
            )}
          </Loaded>
          <Submit change={issue} disabled={preview.data?.bill === undefined || preview.data.bill === null}>
            {t("preview.issue")}
          </Submit>
        </Stack>
      </form>
    </Modal>
  );
}
