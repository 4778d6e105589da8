import { Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, take } from "../api/client";
import { TouchedInvoices } from "../consumption/TouchedInvoices";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { useHolding } from "../ui/Held";
import { useAskBeforeLeaving } from "../ui/leaving";
import { Submit, submitting } from "../ui/Saving";
import { faultIn, keyIn } from "./tariff";
import { TariffTrial, useTrial } from "./TariffTrial";
import type { TariffWhole } from "./types";
import { YamlEditor } from "./YamlEditor";

const PAUSE_MS = 400;

interface Props {
  initial: string;
  known: TariffWhole | null;
  holds?: (isChanged: boolean) => void;
  saved: (key: string) => void;
  children?: ReactNode;
}

/**
 * The text of a tariff beside what it makes of a consumption, both checked by the server a moment after the last key.
 * known: the revision that is changed; null for a new tariff.
 */
export function TariffEditor({ initial, known, holds, saved, children }: Props) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const mayWrite = useRights().on("bill", null);
  const [text, setText] = useState(initial);
  const [settled] = useDebouncedValue(text, PAUSE_MS);
  const trial = useTrial(known?.key ?? (keyIn(settled) || "new"), settled);
  const key = known?.key ?? keyIn(text);
  const isTyped = text !== initial;
  const isChanged = known === null || isTyped;
  useHolding(holds, isTyped);
  useAskBeforeLeaving(isTyped);
  const save = useMutation({
    mutationFn: () => take(api.PUT("/api/v1/tariffs/{key}", { params: { path: { key } }, body: { text, after_revision: known?.revision ?? 0 } })),
    onSuccess: async (written) => {
      notifications.show({ message: t("tariff.saved", { n: written.revision }) });
      saved(written.key);
      queries.setQueryData(["tariff", written.key], (before: TariffWhole | undefined) => ({ ...written, contracts: before?.contracts ?? 0 }));
      await Promise.all([["tariffs"], ["tariff", written.key, "revisions"], ["invoice-differences"], ["invoice-preview"]].map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
  });
  return (
    <div className="bill-two bill-tariff">
      <form onSubmit={submitting(() => save.mutate())}>
        <Stack gap="sm">
          <YamlEditor label={t("tariff.text")} value={text} fault={faultIn(trial.calculation.error)} readOnly={!mayWrite} onChange={setText} />
          {mayWrite && (
            <>
              {known !== null && (
                <TouchedInvoices
                  about={known.key}
                  asked={settled}
                  enabled={isChanged && trial.calculation.isSuccess}
                  ask={(asked) => take(api.POST("/api/v1/tariffs/{key}/invoices", { params: { path: { key: known.key } }, body: { text: asked } }))}
                />
              )}
              {key === "" && <Text size="sm">{t("tariff.noKey")}</Text>}
              <Submit change={save} disabled={!isChanged || key === ""}>
                {t("tariff.save")}
              </Submit>
            </>
          )}
        </Stack>
      </form>
      <Stack gap="md">
        <TariffTrial trial={trial} />
        {children}
      </Stack>
    </div>
  );
}
