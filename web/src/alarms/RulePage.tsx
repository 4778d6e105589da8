import "./alarms.css";
import { Autocomplete, Button, Group, NativeSelect, Stack, Switch, Text, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../api/client";
import { deviceQuery } from "../devices/queries";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { sitesQuery } from "../sites/queries";
import { Confirm } from "../ui/Confirm";
import { DecimalInput } from "../ui/DecimalInput";
import { Held, useHolding } from "../ui/Held";
import { useAskBeforeLeaving } from "../ui/leaving";
import { Loaded } from "../ui/Loaded";
import { Submit, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";
import { PRIORITIES, type Priority } from "./alarms";
import { BLANK, begun, type Draft, draftOf, draftOfReady, hasLimits, isPlaced, KINDS, LIMITS, type ReadyRule, type Rule, SCOPES } from "./rules";
import { Schedule } from "./Schedule";
import { Trial } from "./Trial";
import { useRule } from "./useAlarms";
import { useKeep, useRemove } from "./useRules";

/** A rule: what it watches and where, what keeps it quiet, why there is one; tried on the past before it is kept. */
export function RulePage() {
  const { id } = useParams({ from: "/alarms/rules/$id" });
  const begin = useSearch({ from: "/alarms/rules/$id" });
  return id === "new" ? <RuleForm rule={null} begin={begun(begin)} /> : <Kept id={Number(id)} />;
}

function Kept({ id }: { id: number }) {
  const rule = useRule(id);
  return (
    <Loaded query={rule} height={400}>
      {(found) => (
        <Held found={found} version={({ version }) => version}>
          {(base, holds) => <RuleForm rule={base} begin={BLANK} holds={holds} />}
        </Held>
      )}
    </Loaded>
  );
}

type Change = (part: Partial<Draft>) => void;
interface Part {
  draft: Draft;
  change: Change;
}

function RuleForm({ rule, begin, holds }: { rule: Rule | null; begin: Draft; holds?: (isChanged: boolean) => void }) {
  const { t, language } = useTexts();
  const navigate = useNavigate();
  const mayChange = useRights().somewhere("configure");
  const write = (value: number) => new Intl.NumberFormat(language, { useGrouping: false, maximumFractionDigits: 6 }).format(value);
  const [first] = useState<Draft>(() => (rule === null ? begin : draftOf(rule, write)));
  const [draft, setDraft] = useState(first);
  const [asksRemoval, setAsksRemoval] = useState(false);
  const keep = useKeep(rule);
  const remove = useRemove(rule?.id ?? 0);
  const isChanged = draft !== first && JSON.stringify(draft) !== JSON.stringify(first);
  useHolding(holds, isChanged);
  useAskBeforeLeaving(isChanged);
  const change: Change = (part) => setDraft((before) => ({ ...before, ...part }));
  const leave = (message: string) => {
    notifications.show({ message });
    void navigate({ to: "/alarms/rules", ignoreBlocker: true });
  };
  return (
    <>
      <PageTitle title={rule === null ? t("rules.new") : rule.name}>
        {rule !== null && mayChange && (
          <Button variant="default" color="red" onClick={() => setAsksRemoval(true)}>
            {t("common.delete")}
          </Button>
        )}
      </PageTitle>
      <div className="rule-columns">
        <form onSubmit={submitting(() => keep.mutate(draft, { onSuccess: () => leave(t("rules.saved")) }))}>
          <Stack gap="md">
            {rule === null && <Ready begin={setDraft} write={write} />}
            <Watched draft={draft} change={change} />
            <Quiet draft={draft} change={change} />
            <Schedule periods={draft.schedule} change={(schedule) => change({ schedule })} />
            <ByDesign draft={draft} change={change} />
            <Why draft={draft} change={change} />
            {mayChange && (
              <Submit change={keep} disabled={!isPlaced(draft)}>
                {t("common.save")}
              </Submit>
            )}
          </Stack>
        </form>
        <Trial draft={draft} write={write} change={setDraft} />
      </div>
      <Confirm opened={asksRemoval} question={t("rules.removeAsk", { name: rule?.name ?? "" })} action={t("common.delete")} close={() => setAsksRemoval(false)} confirm={() => remove.mutate(undefined, { onSuccess: () => leave(t("rules.removed")) })} />
    </>
  );
}

/** Rules that profiles bring along, to begin with. */
function Ready({ begin, write }: { begin: (draft: Draft) => void; write: (value: number) => string }) {
  const { t, own } = useTexts();
  const profiles = useQuery({ queryKey: ["profiles"], queryFn: () => take(api.GET("/api/v1/profiles")) });
  const ready = (profiles.data?.items ?? []).flatMap(({ name, title, rules }) => rules.map((one) => ({ profile: name, title, rule: one as unknown as ReadyRule })));
  if (ready.length === 0) return null;
  const chosen = (place: string) => {
    const one = ready[Number(place)];
    if (place !== "" && one !== undefined) begin(draftOfReady(one.rule, one.profile, own, write));
  };
  return (
    <NativeSelect
      label={t("rules.ready")}
      description={t("rules.readyText")}
      onChange={(event) => chosen(event.currentTarget.value)}
      data={[{ value: "", label: "—" }, ...ready.map(({ title, rule }, place) => ({ value: String(place), label: `${own(title)}: ${own(rule.name)}` }))]}
    />
  );
}

function Watched({ draft, change }: Part) {
  const { t } = useTexts();
  const channels = useChannels(draft);
  const text = (name: "channel" | "other") => <Autocomplete label={t(`rulePart.${name}`)} value={draft[name]} onChange={(value) => change({ [name]: value })} data={channels} required />;
  const needsChannel = draft.kind !== "no_data" && draft.kind !== "formula";
  return (
    <Section title={t("rules.watched")}>
      <Stack gap="sm">
        <TextInput label={t("rules.name")} value={draft.name} onChange={(event) => change({ name: event.currentTarget.value })} required maxLength={100} />
        <Place draft={draft} change={change} />
        <div className="two-columns">
          <NativeSelect label={t("rules.signal")} value={draft.kind} onChange={(event) => change({ kind: event.currentTarget.value as Draft["kind"] })} data={KINDS.map((value) => ({ value, label: t(`ruleKind.${value}`) }))} />
          {needsChannel && text("channel")}
          {draft.kind === "difference" && text("other")}
          {(draft.kind === "rate" || draft.kind === "deviation") && <Typed name="overMin" draft={draft} change={change} />}
          {draft.kind === "voltage_quality" && <Voltage draft={draft} change={change} />}
          {draft.kind === "state" && <Typed name="codes" draft={draft} change={change} />}
        </div>
        {isHinted(draft.kind) && (
          <Text size="sm" className="quiet">
            {t(`ruleHint.${draft.kind}`)}
          </Text>
        )}
        {(draft.kind === "difference" || draft.kind === "expected") && <Switch label={t(draft.kind === "expected" ? "rulePart.isPercentOfExpected" : "rulePart.isPercent")} checked={draft.isPercent} onChange={(event) => change({ isPercent: event.currentTarget.checked })} />}
        {draft.kind === "formula" && <TextInput label={t("rulePart.formula")} description={t("rules.formulaHint")} value={draft.formula} onChange={(event) => change({ formula: event.currentTarget.value })} required maxLength={500} />}
        <Limits draft={draft} change={change} />
      </Stack>
    </Section>
  );
}

function Place({ draft, change }: Part) {
  const { t, own } = useTexts();
  const sites = useQuery(sitesQuery);
  const profiles = useQuery({ queryKey: ["profiles"], queryFn: () => take(api.GET("/api/v1/profiles")) });
  const blank = { value: "", label: "—" };
  return (
    <div className="two-columns">
      <NativeSelect label={t("rules.where")} value={draft.scope} onChange={(event) => change({ scope: event.currentTarget.value as Draft["scope"] })} data={SCOPES.map((value) => ({ value, label: t(`ruleScope.${value}`) }))} />
      {draft.scope === "device" && <TextInput label={t("rulePart.device")} value={draft.device} onChange={(event) => change({ device: event.currentTarget.value })} required />}
      {draft.scope === "profile" && <NativeSelect label={t("devices.profile")} value={draft.profile} onChange={(event) => change({ profile: event.currentTarget.value })} data={[blank, ...(profiles.data?.items ?? []).map((one) => ({ value: one.name, label: own(one.title) }))]} />}
      {draft.scope === "site" && <NativeSelect label={t("devices.site")} value={draft.site} onChange={(event) => change({ site: event.currentTarget.value })} data={[blank, ...(sites.data?.items ?? []).map((one) => ({ value: String(one.id), label: one.path.join(" › ") }))]} />}
    </div>
  );
}

const NOMINALS = ["110", "120", "127", "208", "220", "230", "240", "254", "380"];

function Voltage({ draft, change }: Part) {
  const { t } = useTexts();
  return (
    <>
      <NativeSelect label={t("rulePart.measure")} value={draft.measure} onChange={(event) => change({ measure: event.currentTarget.value })} data={["drp", "drc"].map((value) => ({ value, label: t(`ruleMeasure.${value as "drp" | "drc"}`) }))} />
      <Autocomplete label={t("rulePart.nominal")} value={draft.nominal} onChange={(nominal) => change({ nominal })} data={NOMINALS} inputMode="decimal" required />
      <NativeSelect label={t("rulePart.level")} value={draft.level} onChange={(event) => change({ level: event.currentTarget.value })} data={["low", "medium"].map((value) => ({ value, label: t(`ruleLevel.${value as "low" | "medium"}`) }))} />
    </>
  );
}

type Hinted = "expected" | "least_hour" | "voltage_quality";
const isHinted = (kind: Draft["kind"]): kind is Hinted => ["expected", "least_hour", "voltage_quality"].includes(kind);

function Limits({ draft, change }: Part) {
  const { t } = useTexts();
  const priorities = PRIORITIES.map((value) => ({ value, label: t(`priority.${value}`) }));
  const isYes = draft.kind === "state" || draft.kind === "no_data" || (draft.kind === "formula" && !hasLimits(draft));
  return (
    <>
      {draft.kind !== "state" && draft.kind !== "no_data" && (
        <fieldset className="wishes">
          <legend>{t(draft.kind === "formula" ? "rules.limitsOfFormula" : "rules.limits")}</legend>
          {LIMITS.map((name) => (
            <div key={name} className="rule-limit">
              <DecimalInput label={t(`limit.${name}`)} value={draft.limits[name].value} onChange={(value) => change({ limits: { ...draft.limits, [name]: { ...draft.limits[name], value } } })} />
              <NativeSelect aria-label={t("rules.priorityOf", { limit: t(`limit.${name}`) })} value={draft.limits[name].priority} onChange={(event) => change({ limits: { ...draft.limits, [name]: { ...draft.limits[name], priority: event.currentTarget.value as Priority } } })} data={priorities} />
            </div>
          ))}
        </fieldset>
      )}
      {isYes && <NativeSelect label={t("alarms.priority")} value={draft.priority} onChange={(event) => change({ priority: event.currentTarget.value as Priority })} data={priorities} />}
    </>
  );
}

type Name = "overMin" | "codes" | "deadband" | "onDelayS" | "offDelayS" | "lastingS" | "repeatCount" | "repeatMin" | "firstOut" | "suppressCodes" | "suppressAfterS" | "respondMin";

function Typed({ name, draft, change }: Part & { name: Name }) {
  const { t } = useTexts();
  const field = { label: t(`rulePart.${name}`), value: draft[name] };
  if (["firstOut", "codes", "suppressCodes"].includes(name)) return <TextInput {...field} onChange={(event) => change({ [name]: event.currentTarget.value })} />;
  return <DecimalInput {...field} onChange={(typed) => change({ [name]: typed })} />;
}

function Quiet({ draft, change }: Part) {
  const { t } = useTexts();
  const names = ["deadband", "onDelayS", "offDelayS", "lastingS", "repeatCount", "repeatMin", "firstOut"] as const;
  return (
    <Section title={t("rules.quiet")} text={t("rules.quietText")}>
      <div className="two-columns">
        {names.map((name) => (
          <Typed key={name} name={name} draft={draft} change={change} />
        ))}
      </div>
      <Group mt="sm">
        <Switch label={t("rulePart.isLatching")} checked={draft.isLatching} onChange={(event) => change({ isLatching: event.currentTarget.checked })} />
        <Switch label={t("rulePart.isEnabled")} checked={draft.isEnabled} onChange={(event) => change({ isEnabled: event.currentTarget.checked })} />
      </Group>
    </Section>
  );
}

/** While a plant stands, nobody is called for what is then as it should be. */
function ByDesign({ draft, change }: Part) {
  const { t } = useTexts();
  const channels = useChannels(draft);
  return (
    <Section title={t("ruleDesign.title")} text={t("ruleDesign.text")}>
      <div className="two-columns">
        <Autocomplete label={t("ruleDesign.channel")} value={draft.suppressChannel} onChange={(suppressChannel) => change({ suppressChannel })} data={channels} />
        {draft.suppressChannel.trim() !== "" && (
          <>
            <Typed name="suppressCodes" draft={draft} change={change} />
            <Typed name="suppressAfterS" draft={draft} change={change} />
          </>
        )}
      </div>
    </Section>
  );
}

function Why({ draft, change }: Part) {
  const { t } = useTexts();
  return (
    <Section title={t("rules.why")} text={t("rules.whyText")}>
      <Stack gap="sm">
        {(["cause", "consequence", "action"] as const).map((name) => (
          <Textarea key={name} label={t(`why.${name}`)} value={draft[name]} onChange={(event) => change({ [name]: event.currentTarget.value })} maxLength={1000} autosize minRows={1} />
        ))}
        <Typed name="respondMin" draft={draft} change={change} />
      </Stack>
    </Section>
  );
}

/** Keys of the channels that the rule may look at. */
function useChannels({ scope, profile, device }: Draft): string[] {
  const ofDevice = useQuery({ ...deviceQuery(device), enabled: scope === "device" && device !== "", retry: false });
  const profiles = useQuery({ queryKey: ["profiles"], queryFn: () => take(api.GET("/api/v1/profiles")) });
  const found = scope === "device" ? (ofDevice.data?.channels ?? []) : (profiles.data?.items ?? []).filter(({ name }) => scope !== "profile" || name === profile).flatMap(({ channels }) => channels);
  return [...new Set(found.map(({ key }) => String(key)))].sort();
}
