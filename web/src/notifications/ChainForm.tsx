import { Button, Checkbox, Fieldset, MultiSelect, NativeSelect, NumberInput, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { basedOn } from "../api/based";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { Submit, submitting } from "../ui/Saving";
import { type Chain, type ChainBody, PRIORITIES, type Priority } from "./channels";
import { PlaceSelect } from "./PlaceSelect";
import { useCandidates, useTeams } from "./useTeams";

const MAX_STEPS = 8;

/** Those who are told in one step: "p3" a person, "t2" a team. */
interface Step {
  wait: number;
  told: string[];
}

/** Makes a chain, or changes one. */
export function ChainForm({ chain: given, close }: { chain: Chain | null; close: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [chain] = useState(given); // what the change is based on, also when another one comes
  const [name, setName] = useState(chain?.name ?? "");
  const [site, setSite] = useState<number | null | undefined>(chain === null ? undefined : chain.site_id);
  const [least, setLeast] = useState<Priority>(chain?.least ?? "high");
  const [steps, setSteps] = useState<Step[]>(chain === null ? [{ wait: 0, told: [] }] : chain.steps.map(toldIn));
  const [repeats, setRepeats] = useState(chain?.repeats ?? 0);
  const [isOn, setOn] = useState(chain?.enabled ?? true);
  const save = useMutation({
    mutationFn: () => {
      const body: ChainBody = { name, site_id: site ?? null, least, steps: steps.map(written), repeats, enabled: isOn };
      return chain === null ? take(api.POST("/api/v1/escalation-chains", { body })) : take(api.PUT("/api/v1/escalation-chains/{chain_id}", { params: { path: { chain_id: chain.id }, header: basedOn(chain) }, body }));
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["chains"] });
      close();
    },
    onError: () => queries.invalidateQueries({ queryKey: ["chains"] }),
  });
  const put = (number: number, step: Step) => setSteps(steps.map((one, index) => (index === number ? step : one)));
  return (
    <Dialog onClose={close} title={t(chain === null ? "chains.new" : "chains.edit")} size="lg">
      <form onSubmit={submitting(save.mutate)}>
        <Stack gap="sm">
          <TextInput label={t("chains.name")} placeholder={t("chains.example")} value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={100} data-autofocus />
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
            <PlaceSelect label={t("devices.site")} description={t("chains.siteHint")} value={site} onChange={setSite} />
            <NativeSelect label={t("chains.least")} description={t("chains.leastHint")} value={least} onChange={(event) => setLeast(event.currentTarget.value as Priority)} data={PRIORITIES.map((one) => ({ value: one, label: t(`noticePriority.${one}`) }))} />
          </SimpleGrid>
          {steps.map((step, number) => (
            <StepFields key={number} number={number} step={step} site={site ?? null} change={(changed) => put(number, changed)} {...(steps.length > 1 ? { remove: () => setSteps(steps.filter((_, index) => index !== number)) } : {})} />
          ))}
          {steps.length < MAX_STEPS && (
            <Button variant="default" onClick={() => setSteps([...steps, { wait: 10, told: [] }])} style={{ alignSelf: "start" }}>
              {t("chains.addStep")}
            </Button>
          )}
          <NativeSelect label={t("chains.begin")} value={String(repeats)} onChange={(event) => setRepeats(Number(event.currentTarget.value))} data={[0, 1, 2, 3, 4, 5].map((one) => ({ value: String(one), label: one === 0 ? t("chains.once") : t("chains.repeats", { n: one }) }))} />
          <Checkbox label={t("chains.enabled")} checked={isOn} onChange={(event) => setOn(event.currentTarget.checked)} />
          <Submit change={save} disabled={steps.some(({ told }) => told.length === 0)}>
            {t("common.save")}
          </Submit>
        </Stack>
      </form>
    </Dialog>
  );
}

function StepFields({ number, step, site, change, remove }: { number: number; step: Step; site: number | null; change: (step: Step) => void; remove?: () => void }) {
  const { t } = useTexts();
  const people = useCandidates(site).data?.items ?? [];
  const teams = useTeams().data?.items ?? [];
  const choices = [
    { group: t("teams.title"), items: teams.map((one) => ({ value: `t${one.id}`, label: one.name })) },
    { group: t("nav.people"), items: people.map((one) => ({ value: `p${one.id}`, label: one.name })) },
  ];
  return (
    <Fieldset legend={t("chains.step", { n: number + 1 })}>
      <Stack gap="xs">
        <NumberInput label={t("chains.wait")} value={step.wait} onChange={(value) => change({ ...step, wait: Number(value) || 0 })} min={0} max={1440} allowDecimal={false} required />
        <MultiSelect label={t("chains.told")} data={choices} value={step.told} onChange={(told) => change({ ...step, told })} searchable nothingFoundMessage={t("teams.nobody")} />
        {remove !== undefined && (
          <Button size="compact-sm" variant="default" onClick={remove} style={{ alignSelf: "start" }} aria-label={`${t("common.remove")}: ${t("chains.step", { n: number + 1 })}`}>
            {t("common.remove")}
          </Button>
        )}
      </Stack>
    </Fieldset>
  );
}

function toldIn(step: Chain["steps"][number]): Step {
  return { wait: step.wait_min, told: [...(step.persons ?? []).map((one) => `p${one}`), ...(step.teams ?? []).map((one) => `t${one}`)] };
}

function written(step: Step): ChainBody["steps"][number] {
  const ids = (kind: string) => step.told.filter((one) => one.startsWith(kind)).map((one) => Number(one.slice(1)));
  return { wait_min: step.wait, persons: ids("p"), teams: ids("t") };
}
