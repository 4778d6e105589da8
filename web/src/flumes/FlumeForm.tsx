import { Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import type { Device } from "../api/client";
import { formatNumber } from "../format";
import { useTexts } from "../i18n";
import { DecimalInput } from "../ui/DecimalInput";
import { Dialog } from "../ui/Dialog";
import { Submit, submitting } from "../ui/Saving";
import { flowOf, isLevel, numberOf } from "./law";
import { type Flume, type FlumeBody, type Throat, useSetFlume, useThroats } from "./useFlumes";

const NONE = "";
const USUAL = '9"';
const numbers = ["k", "n", "zero_m", "cut_off_m"] as const;
type Texts = Record<(typeof numbers)[number] | "channel" | "name" | "valid_from" | "trial", string>;

/** Sets up a flume: the level it stands on, its width, and what is its own. Shows the flow of a level before anything is kept. */
export function FlumeForm({ device, known, close }: { device: Device; known: readonly Flume[]; close: () => void }) {
  const { t } = useTexts();
  const levels = device.channels.filter(isLevel);
  const throats = useThroats();
  const newest = known.at(-1);
  const [level, setLevel] = useState(newest?.level_channel ?? levels[0]?.key ?? "");
  const [behind, setBehind] = useState(newest?.behind_channel ?? NONE);
  const [throat, setThroat] = useState(newest?.throat ?? USUAL);
  const [texts, setTexts] = useState<Texts>({ channel: newest?.channel ?? "flume_flow", name: "", k: "", n: "", zero_m: "", cut_off_m: "", valid_from: "", trial: "" });
  const text = (name: keyof Texts) => ({ value: texts[name], onChange: (event: { currentTarget: { value: string } }) => setTexts({ ...texts, [name]: event.currentTarget.value }) });
  const decimal = (name: (typeof numbers)[number] | "trial") => ({ value: texts[name], onChange: (typed: string) => setTexts({ ...texts, [name]: typed }) });
  const save = useSetFlume(device.key);
  const body = (): FlumeBody => ({
    level_channel: level,
    behind_channel: behind === NONE ? null : behind,
    throat,
    name: texts.name.trim(),
    k: numberOf(texts.k),
    n: numberOf(texts.n),
    zero_m: numberOf(texts.zero_m) ?? 0,
    cut_off_m: numberOf(texts.cut_off_m) ?? 0,
    valid_from: texts.valid_from || null,
  });
  const keep = () =>
    save.mutate(
      { channel: texts.channel.trim(), body: body() },
      {
        onSuccess: () => {
          notifications.show({ message: t("flume.saved") });
          close();
        },
      },
    );
  const options = levels.map(({ key, unit }) => ({ value: key, label: `${key} (${unit})` }));
  return (
    <Dialog onClose={close} title={t("flume.add")} size="lg">
      <form onSubmit={submitting(keep)}>
        <Stack gap="sm">
          <div className="two-columns">
            <NativeSelect label={t("flume.level")} description={t("flume.levelHint")} data={options} value={level} onChange={(event) => setLevel(event.currentTarget.value)} data-autofocus />
            <NativeSelect label={t("flume.throat")} description={t("flume.throatHint")} data={(throats.data ?? []).map((one) => ({ value: one.throat, label: widthText(one) }))} value={throat} onChange={(event) => setThroat(event.currentTarget.value)} />
          </div>
          <div className="two-columns">
            <TextInput label={t("flume.channel")} description={t("flume.channelHint")} required maxLength={64} autoCapitalize="none" spellCheck={false} {...text("channel")} />
            <TextInput label={t("flume.name")} description={t("flume.nameHint")} maxLength={100} {...text("name")} />
          </div>
          <NativeSelect label={t("flume.behind")} description={t("flume.behindHint")} data={[{ value: NONE, label: t("flume.noBehind") }, ...options.filter(({ value }) => value !== level)]} value={behind} onChange={(event) => setBehind(event.currentTarget.value)} />
          <div className="two-columns">
            {numbers.map((name) => (
              <DecimalInput key={name} label={t(`flume.${name}`)} description={t(`flumeHint.${name}`)} {...decimal(name)} />
            ))}
          </div>
          <TextInput type="datetime-local" label={t("flume.validFrom")} description={t("flume.validFromHint")} {...text("valid_from")} />
          <Trial body={body()} throat={throats.data?.find((one) => one.throat === throat)} text={decimal("trial")} />
          <Group align="start">
            <Submit change={save} disabled={level === "" || texts.channel.trim() === ""}>
              {t("common.save")}
            </Submit>
            <Button variant="default" onClick={close}>
              {t("common.cancel")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

interface TrialProps {
  body: FlumeBody;
  throat: Throat | undefined;
  text: { value: string; onChange: (typed: string) => void };
}

/** What flow a level gives with what stands in the form, so that it can be held against a staff gauge or a table. */
function Trial({ body, throat, text }: TrialProps) {
  const { t, language } = useTexts();
  if (throat === undefined) return null;
  const law = { k: body.k ?? throat.k, n: body.n ?? throat.n, zero: body.zero_m, cutOff: body.cut_off_m };
  const flow = flowOf(law, numberOf(text.value));
  const [low = 0, high = 0] = throat.usual_l_s;
  return (
    <div>
      <DecimalInput label={t("flume.trial")} description={t("flume.usual", { low: formatNumber(low, 1, language), high: formatNumber(high, 0, language) })} {...text} />
      <Text size="sm" mt={4} role="status" className="number">
        {flow === null ? " " : t("flume.trialIs", { l_s: formatNumber(flow, 2, language), m3_h: formatNumber(flow * 3.6, 2, language) })}
      </Text>
      {flow !== null && flow > 0 && (flow < low || flow > high) && (
        <Text size="sm" c="var(--mantine-color-orange-text)">
          {t("flume.unusual")}
        </Text>
      )}
    </div>
  );
}

function widthText({ throat, width_m }: Throat): string {
  return `${throat} (${Math.round(width_m * 1000)} mm)`;
}
