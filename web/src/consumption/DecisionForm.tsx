import { Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Device, take } from "../api/client";
import { renew } from "../api/renew";
import type { components } from "../api/schema";
import { formatNumber, formatTime } from "../format";
import { useTexts } from "../i18n";
import { DecimalInput } from "../ui/DecimalInput";
import { Dialog } from "../ui/Dialog";
import { Refusal, submitting } from "../ui/Saving";
import { amountText } from "./BarChart";
import { decimalOf } from "../ui/decimal";
import { TouchedInvoices } from "./TouchedInvoices";
import type { Effect, RegisterStep } from "./useConsumption";

type Verdict = components["schemas"]["NewDecision"]["verdict"];
type NewDecision = components["schemas"]["NewDecision"];

const verdicts: Verdict[] = ["normal", "rollover", "reset", "restart", "exchange", "reverse", "glitch", "jump"];
const breaks = new Set<Verdict>(["exchange", "reset", "restart"]);

/** Says what a step of a register is, or that a meter was exchanged, and shows what that changes before anything is changed. */
export function DecisionForm({ device, channel, event, close }: { device: Device; channel: string; event?: RegisterStep; close: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [verdict, setVerdict] = useState<Verdict>(event?.verdict ?? "exchange");
  const [texts, setTexts] = useState({ at: "", closing: "", opening: "", old_serial: "", new_serial: "", reason: "" });
  const text = (name: keyof typeof texts) => ({ value: texts[name], onChange: (change: { currentTarget: { value: string } }) => setTexts({ ...texts, [name]: change.currentTarget.value }) });
  const decimal = (name: "closing" | "opening") => ({ value: texts[name], onChange: (typed: string) => setTexts({ ...texts, [name]: typed }) });
  const isBreak = breaks.has(verdict);
  const decision: NewDecision = {
    channel,
    at: event?.at ?? texts.at,
    verdict,
    reason: texts.reason,
    ...(isBreak ? { closing: decimalOf(texts.closing), opening: decimalOf(texts.opening) } : {}),
    ...(verdict === "exchange" ? { old_serial: texts.old_serial || null, new_serial: texts.new_serial || null } : {}),
  };
  const effect = useEffectOf(device.key, decision);
  const save = useMutation({
    mutationFn: () => take(api.POST("/api/v1/devices/{key}/register-decisions", { params: { path: { key: device.key } }, body: decision })),
    onSuccess: async () => {
      notifications.show({ message: t("register.decided") });
      await renew(queries, ["consumption", device.key]);
      await renew(queries, ["meters", device.key]);
      close();
    },
  });
  return (
    <Dialog onClose={close} title={t(event === undefined ? "register.enterExchange" : "register.reviewOf")}>
      <form onSubmit={submitting(() => save.mutate())}>
        <Stack gap="sm">
          {event === undefined ? (
            <TextInput type="datetime-local" label={t("register.exchangedAt", { zone: device.zone })} required {...text("at")} data-autofocus />
          ) : (
            <>
              <StepText event={event} zone={device.zone} />
              <NativeSelect label={t("register.verdict")} description={t(`verdictHint.${verdict}`)} value={verdict} onChange={(change) => setVerdict(change.currentTarget.value as Verdict)} data={verdicts.map((value) => ({ value, label: t(`verdict.${value}`) }))} data-autofocus />
            </>
          )}
          {isBreak && (
            <div className="two-columns">
              <DecimalInput label={t("register.closing")} required={event === undefined} {...decimal("closing")} />
              <DecimalInput label={t("register.opening")} required={event === undefined} {...decimal("opening")} />
            </div>
          )}
          {verdict === "exchange" && (
            <div className="two-columns">
              <TextInput label={t("register.oldSerial")} maxLength={64} {...text("old_serial")} />
              <TextInput label={t("register.newSerial")} maxLength={64} {...text("new_serial")} />
            </div>
          )}
          <TextInput label={t("register.reason")} maxLength={500} {...text("reason")} />
          <EffectText effect={effect.data} error={effect.error} zone={device.zone} />
          <TouchedInvoices
            about={device.key}
            asked={decision}
            enabled={effect.data !== undefined && effect.error === null}
            ask={(body) => take(api.POST("/api/v1/devices/{key}/register-decisions/invoices", { params: { path: { key: device.key } }, body }))}
          />
          <Refusal error={save.error} />
          <Group justify="end">
            <Button variant="default" onClick={close}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={save.isPending} disabled={effect.error !== null}>
              {t(event?.verdict === verdict ? "register.confirm" : "common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function StepText({ event, zone }: { event: RegisterStep; zone: string }) {
  const { language } = useTexts();
  return (
    <Text size="sm" className="number">
      {formatTime(event.before_at, language, zone)}: <b>{formatNumber(event.before, null, language)}</b>
      <br />
      {formatTime(event.at, language, zone)}: <b>{formatNumber(event.after, null, language)}</b>
    </Text>
  );
}

/** What the decision would change, asked a moment after the last key. */
function useEffectOf(device: string, decision: NewDecision) {
  const [settled] = useDebouncedValue(decision, 300);
  return useQuery({
    queryKey: ["register-effect", device, settled],
    queryFn: () => take(api.POST("/api/v1/devices/{key}/register-decisions/preview", { params: { path: { key: device } }, body: settled })),
    enabled: settled.at !== "",
    retry: false,
  });
}

/** An amount before and after a change. */
export function EffectText({ effect, error, zone }: { effect: Effect | undefined; error: unknown; zone: string }) {
  const { t, language } = useTexts();
  if (error !== null) return <Refusal error={error} />;
  if (effect === undefined) return null;
  const { before, after, difference } = effect;
  const amount = (text: Effect["difference"]) => amountText(text === null ? null : Number(text), after.unit, language);
  return (
    <div className="effect" role="status">
      <Text size="sm" fw={600}>
        {t("register.effect", { from: formatTime(before.from, language, zone), to: formatTime(before.to, language, zone) })}
      </Text>
      <Text size="sm" className="number">
        {amount(before.amount)} → <b>{amount(after.amount)}</b>
        {difference !== null && Number(difference) !== 0 && ` (${Number(difference) > 0 ? "+" : ""}${amount(difference)})`}
      </Text>
    </div>
  );
}
