import { Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { changedParts } from "../ui/changed";
import { Dialog } from "../ui/Dialog";
import { Submit, submitting } from "../ui/Saving";
import { TermFields, termsBody, termsOf } from "./TermFields";
import type { Contract } from "./types";

/** Changes a contract's terms from the next invoice on, or ends it. */
export function ContractTerms({ contract, close }: { contract: Contract; close: () => void }) {
  const { t, language } = useTexts();
  const queries = useQueryClient();
  const [terms, setTerms] = useState(() => termsOf(contract, language));
  const [until, setUntil] = useState(contract.until_day ?? "");
  const body = { ...termsBody(terms), until_day: until === "" ? null : until };
  const [began] = useState(body);
  const save = useMutation({
    mutationFn: () => take(api.PATCH("/api/v1/contracts/{number}", { params: { path: { number: contract.number } }, body: changedParts(began, body) })),
    onSuccess: async () => {
      await Promise.all([["contracts"], ["forecast", contract.number]].map((queryKey) => queries.invalidateQueries({ queryKey })));
      close();
    },
  });
  return (
    <Dialog onClose={close} title={t("contracts.edit", { number: contract.number })} size="lg">
      <form onSubmit={submitting(() => save.mutate())}>
        <Stack gap="sm">
          <Text size="sm" className="quiet">
            {t("contracts.editText")}
          </Text>
          <TermFields value={terms} onChange={setTerms} device={contract.device} counted={contract.channel} />
          <TextInput type="date" label={t("contract.until")} description={t("contract.untilText")} value={until} onChange={(event) => setUntil(event.currentTarget.value)} />
          <Submit change={save}>{t("common.save")}</Submit>
        </Stack>
      </form>
    </Dialog>
  );
}
