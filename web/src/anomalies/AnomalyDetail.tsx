import "./anomalies.css";
import { Button, Group, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { formatNumber, formatTime } from "../format";
import { useTexts } from "../i18n";
import { useAge, useNow } from "../live/hooks";
import { Figures, type NamedFigure } from "../ui/Facts";
import { Loaded } from "../ui/Loaded";
import { spanAround } from "./around";
import { AroundChart } from "./AroundChart";
import { amountText, explained, howFar } from "./explained";
import { type Anomaly, type AnomalyVerdict, useAnomaly } from "./useAnomalies";

interface Props {
  id: number;
  /** Null where the person may not answer. */
  judge: ((anomaly: Anomaly, verdict: AnomalyVerdict) => void) | null;
  isBusy: boolean;
  note: string;
  setNote: (note: string) => void;
  look: (id: number) => void;
}

/** One anomaly: what it was, against what was expected, what was like it before, and what people say of it. */
export function AnomalyDetail({ id, judge, isBusy, note, setNote, look }: Props) {
  const found = useAnomaly(id);
  return (
    <Loaded query={found} height={420}>
      {({ anomaly, similar }) => (
        <Stack gap="sm">
          <Told anomaly={anomaly} />
          {judge !== null && <Answer anomaly={anomaly} judge={judge} isBusy={isBusy} note={note} setNote={setNote} />}
          <Similar rows={similar} zone={anomaly.zone} look={look} />
        </Stack>
      )}
    </Loaded>
  );
}

function Told({ anomaly }: { anomaly: Anomaly }) {
  const { t, language, own } = useTexts();
  const { zone } = anomaly;
  const far = howFar(anomaly, language, t);
  const ended = anomaly.ended_at === null ? null : Date.parse(anomaly.ended_at);
  const span = spanAround(Date.parse(anomaly.started_at), ended, useNow());
  const answeredAge = useAge(anomaly.answered_at === null ? undefined : Date.parse(anomaly.answered_at));
  const facts: NamedFigure[] = [
    [t("anomaly.since"), formatTime(anomaly.started_at, language, zone)],
    [t("anomaly.until"), ended === null ? t("anomaly.lasts") : formatTime(ended, language, zone)],
    [t("anomaly.readings"), formatNumber(anomaly.readings, 0, language)],
    ...(anomaly.expected === null ? [] : [[t("anomaly.expected"), amountText(anomaly.expected, anomaly.unit, language)] as NamedFigure]),
    ...(far === null ? [] : [[t("anomaly.howFar"), far] as NamedFigure]),
    [t("anomaly.confidence"), `${formatNumber(100 * anomaly.confidence, 0, language)} %`],
  ];
  return (
    <Paper className="panel" p="md" component="section" aria-label={t(`anomalyKind.${anomaly.kind}`)}>
      <Group justify="space-between" gap="xs" align="start">
        <Title order={2} size="h5">
          {t(`anomalyKind.${anomaly.kind}`)}: {anomaly.device_name} · {own(anomaly.channel_name)}
        </Title>
        <Link className="plain-link" to="/devices/$key" params={{ key: anomaly.device }} search={{ from: span.from, to: span.to }}>
          {t("anomaly.openDevice")}
        </Link>
      </Group>
      <Text size="sm" className="quiet" mb="xs">
        {t(`anomalyKindText.${anomaly.kind}`)}
      </Text>
      <Text mb="sm">{explained(anomaly, language, t)}</Text>
      <AroundChart key={anomaly.id} anomaly={anomaly} zone={zone} />
      <Figures figures={facts} />
      {anomaly.verdict !== null && (
        <Text size="sm">
          {t(`anomalyIs.${anomaly.verdict}`)}
          {anomaly.answered_by !== null && ` · ${anomaly.answered_by}`}
          {anomaly.answered_at !== null && ` · ${answeredAge}`}
          {anomaly.note !== "" && ` · ${anomaly.note}`}
        </Text>
      )}
    </Paper>
  );
}

function Answer({ anomaly, judge, isBusy, note, setNote }: { anomaly: Anomaly } & Required<Pick<Props, "isBusy" | "note" | "setNote">> & { judge: NonNullable<Props["judge"]> }) {
  const { t } = useTexts();
  return (
    <Paper className="panel" p="md" component="section" aria-label={t("anomaly.answer")}>
      <Text fw={600} size="sm">
        {t("anomaly.answer")}
      </Text>
      <Text size="sm" className="quiet" mb="xs">
        {t("anomaly.answerText")}
      </Text>
      <Group gap="xs" align="end">
        <TextInput label={t("anomaly.note")} maxLength={500} value={note} onChange={(event) => setNote(event.currentTarget.value)} style={{ flex: "1 1 220px" }} />
        <Button variant={anomaly.verdict === "real" ? "filled" : "default"} aria-pressed={anomaly.verdict === "real"} disabled={isBusy} onClick={() => judge(anomaly, "real")}>
          {t("anomaly.real")}
        </Button>
        <Button variant={anomaly.verdict === "normal" ? "filled" : "default"} aria-pressed={anomaly.verdict === "normal"} disabled={isBusy} onClick={() => judge(anomaly, "normal")}>
          {t("anomaly.normal")}
        </Button>
      </Group>
    </Paper>
  );
}

function Similar({ rows, zone, look }: { rows: readonly { likeness: number; anomaly: Anomaly }[]; zone: string; look: (id: number) => void }) {
  const { t, language } = useTexts();
  return (
    <Paper className="panel" p="md" component="section" aria-label={t("anomaly.similar")}>
      <Text fw={600} size="sm" mb={4}>
        {t("anomaly.similar")}
      </Text>
      {rows.length === 0 && (
        <Text size="sm" className="quiet">
          {t("anomaly.noSimilar")}
        </Text>
      )}
      <ul className="plain-list">
        {rows.map(({ likeness, anomaly }) => (
          <li key={anomaly.id}>
            <button type="button" className="like-link number" onClick={() => look(anomaly.id)}>
              {formatTime(anomaly.started_at, language, zone)}
            </button>{" "}
            · {t("anomaly.likeness", { n: formatNumber(100 * likeness, 0, language) })}
            {anomaly.seen !== null && ` · ${amountText(anomaly.seen, anomaly.kind === "frozen" ? "" : anomaly.unit, language)}`} ·{" "}
            {anomaly.verdict === null ? t("anomaly.unanswered") : t(`anomalyIs.${anomaly.verdict}`)}
          </li>
        ))}
      </ul>
    </Paper>
  );
}
