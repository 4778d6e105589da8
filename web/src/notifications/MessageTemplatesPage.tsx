import "./templates.css";
import { Alert, Button, Group, NativeSelect, Paper, Skeleton, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { basedOn } from "../api/based";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { useTexts } from "../i18n";
import { useTime } from "../session/time";
import { PageTitle } from "../shell/Pages";
import { Confirm } from "../ui/Confirm";
import { Held, useHolding } from "../ui/Held";
import { useAskBeforeLeaving } from "../ui/leaving";
import { Loaded } from "../ui/Loaded";
import { Refusal, Submit, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";
import { Segments } from "../ui/Segments";
import { fieldText, inserted, lacksAcknowledging, noticesIn, type Place, templateKinds, templateLanguages, type TemplateOf } from "./templates";

type Template = components["schemas"]["MessageTemplateAnswer"];
interface Words {
  subject: string;
  text: string;
}

const SETTLED_MS = 400;
const LOG_LINES = 50;
const pathOf = ({ kind, language }: TemplateOf) => ({ params: { path: { kind, language } } });

/** What messages say, by kind and language, in this installation's own words. */
export function MessageTemplatesPage() {
  const { t } = useTexts();
  const { kind = "raised", language = "pt-BR" } = useSearch({ from: "/message-templates" });
  const navigate = useNavigate();
  const found = useQuery({ queryKey: ["message-templates"], queryFn: () => take(api.GET("/api/v1/message-templates")) });
  const choose = (of: Partial<TemplateOf>) => void navigate({ to: "/message-templates", search: { kind, language, ...of }, replace: true });
  return (
    <>
      <PageTitle title={t("templates.title")} />
      <Stack gap="md" maw={1100}>
        <Text className="quiet">{t("templates.text")}</Text>
        <Group gap="sm">
          <NativeSelect label={t("templates.kind")} value={kind} onChange={(change) => choose({ kind: change.currentTarget.value as TemplateOf["kind"] })} data={templateKinds.map((value) => ({ value, label: t(`templateKind.${value}`) }))} />
          <div>
            <Text size="sm" fw={500} id="template-language" mb={2}>
              {t("templates.language")}
            </Text>
            <Segments aria-labelledby="template-language" value={language} onChange={(value) => choose({ language: value })} data={templateLanguages.map((value) => ({ value, label: t(`templateLanguage.${value}`) }))} />
          </div>
        </Group>
        <Loaded query={found} height={420}>
          {({ items }) => {
            const template = items.find((one) => one.kind === kind && one.language === language);
            return (
              template !== undefined && (
                <Held key={`${kind} ${language}`} found={template} version={({ version }) => version}>
                  {(base, holds) => <Editor template={base} holds={holds} />}
                </Held>
              )
            );
          }}
        </Loaded>
      </Stack>
    </>
  );
}

function Editor({ template, holds }: { template: Template; holds: (isChanged: boolean) => void }) {
  const { t } = useTexts();
  const time = useTime();
  const queries = useQueryClient();
  const [words, setWords] = useState<Words>({ subject: template.subject, text: template.text });
  const [isResetting, reset] = useState(false);
  const place = useRef<Place>("text");
  const subject = useRef<HTMLInputElement>(null);
  const text = useRef<HTMLTextAreaElement>(null);
  const done = async (message: string) => {
    holds(false);
    notifications.show({ message });
    await queries.invalidateQueries({ queryKey: ["message-templates"] });
  };
  const save = useMutation({
    mutationFn: () => take(api.PUT("/api/v1/message-templates/{kind}/{language}", { params: { ...pathOf(template).params, header: basedOn(template) }, body: words })),
    onSuccess: () => done(t("templates.saved")),
  });
  const toShipped = useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/message-templates/{kind}/{language}", pathOf(template))),
    onSuccess: () => done(t("templates.isReset")),
  });
  const isChanged = words.subject !== template.subject || words.text !== template.text;
  useHolding(holds, isChanged);
  useAskBeforeLeaving(isChanged, (next, current) => next.pathname !== current.pathname || JSON.stringify(next.search) !== JSON.stringify(current.search));
  const put = (field: string) => {
    const into = place.current;
    const element = into === "subject" ? subject.current : text.current;
    const { written, caret } = inserted(words[into], field, element?.selectionStart ?? words[into].length, element?.selectionEnd ?? words[into].length);
    setWords({ ...words, [into]: written });
    requestAnimationFrame(() => {
      element?.focus();
      element?.setSelectionRange(caret, caret);
    });
  };
  return (
    <div className="template-editor">
      <Section title={t("templates.words")}>
        <form onSubmit={submitting(save.mutate)}>
          <Stack gap="sm">
            <TextInput ref={subject} label={t("templates.subject")} value={words.subject} maxLength={200} required onFocus={() => (place.current = "subject")} onChange={(change) => setWords({ ...words, subject: change.currentTarget.value })} />
            <Textarea ref={text} label={t("templates.body")} description={t("templates.bodyHint")} value={words.text} maxLength={4000} required autosize minRows={10} maxRows={24} onFocus={() => (place.current = "text")} onChange={(change) => setWords({ ...words, text: change.currentTarget.value })} />
            <div role="group" aria-label={t("templates.fields")}>
              <Text size="sm" fw={500}>
                {t("templates.fields")}
              </Text>
              <ul className="plain-list template-fields">
                {template.fields.map((field) => (
                  <li key={field}>
                    <button type="button" className="template-field" aria-label={t("templates.insert", { field })} onClick={() => put(field)}>
                      {`{${field}}`}
                    </button>{" "}
                    <Text component="span" size="sm" className="quiet">
                      {fieldText(field, t)}
                    </Text>
                  </li>
                ))}
              </ul>
            </div>
            {lacksAcknowledging(template.fields, words.text) && (
              <Alert color="orange" variant="light">
                {t("templates.noAcknowledge")}
              </Alert>
            )}
            <Refusal error={toShipped.error} />
            <Group gap="sm">
              <Submit change={save} disabled={!isChanged}>
                {t("common.save")}
              </Submit>
              {isChanged && (
                <Button variant="default" onClick={() => setWords({ subject: template.subject, text: template.text })}>
                  {t("common.cancel")}
                </Button>
              )}
              {!template.is_shipped && (
                <Button variant="default" onClick={() => reset(true)} loading={toShipped.isPending}>
                  {t("templates.reset")}
                </Button>
              )}
            </Group>
            <Text size="sm" className="quiet">
              {template.changed_at === null ? t("templates.isShipped") : t("templates.changedBy", { by: template.changed_by ?? "–", time: time(template.changed_at) })}
            </Text>
          </Stack>
        </form>
        <Confirm opened={isResetting} question={t("templates.resetAsk")} action={t("templates.reset")} close={() => reset(false)} confirm={() => toShipped.mutate()} />
      </Section>
      <Preview of={template} words={words} />
    </div>
  );
}

/** What the words would say, of a sample or of what was told lately. */
function Preview({ of, words }: { of: TemplateOf; words: Words }) {
  const { t, own } = useTexts();
  const [notice, setNotice] = useState<number | null>(null);
  const [settled] = useDebouncedValue(words, SETTLED_MS);
  const log = useQuery({ queryKey: ["deliveries", "for-templates"], queryFn: () => take(api.GET("/api/v1/notifications", { params: { query: { limit: LOG_LINES } } })) });
  const shown = useQuery({
    queryKey: ["message-preview", of.kind, of.language, settled, notice],
    queryFn: () => take(api.POST("/api/v1/message-templates/{kind}/{language}/preview", { ...pathOf(of), body: { ...settled, notice } })),
    placeholderData: keepPreviousData,
    retry: false,
    enabled: settled.subject !== "" && settled.text !== "",
  });
  const notices = noticesIn(log.data?.items ?? []);
  return (
    <Section title={t("templates.preview")} text={t("templates.previewText")}>
      <Stack gap="sm">
        <NativeSelect label={t("templates.about")} value={notice ?? ""} onChange={(change) => setNotice(change.currentTarget.value === "" ? null : Number(change.currentTarget.value))} data={[{ value: "", label: t("templates.sample") }, ...notices.map((one) => ({ value: String(one.notice), label: `${own(one.what)} · ${one.where}` }))]} />
        <Refusal error={shown.error} />
        {shown.data === undefined ? (
          shown.error === null && <Skeleton height={180} />
        ) : (
          <div className={shown.error === null ? undefined : "stale"}>
            <Text size="sm" className="quiet">
              {t("templates.asMessage")}
            </Text>
            <Paper className="template-shown" withBorder>
              <b>{shown.data.subject}</b>
              <pre>{shown.data.text}</pre>
            </Paper>
            <Text size="sm" className="quiet" mt="sm">
              {t("templates.asPush")}
            </Text>
            <Paper className="template-shown push" withBorder>
              <b>{shown.data.subject}</b>
              <pre>{shown.data.push_text}</pre>
            </Paper>
          </div>
        )}
      </Stack>
    </Section>
  );
}
