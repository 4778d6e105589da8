import { Button, Group, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Device } from "../api/client";
import { momentOf, wallOf } from "../explore/zoned";
import { useTexts } from "../i18n";
import { Submit, submitting } from "../ui/Saving";
import { type Note, useWriteNote } from "./useNotes";

interface Props {
  /** null: a new one */
  note: Note | null;
  devices: readonly Device[];
  /** When a new one is of, ms. */
  begin: number;
  zone: string;
  done: () => void;
}

/** What is to be said, and of when. Without an end it is of a moment. */
export function NoteForm({ note, devices, begin, zone, done }: Props) {
  const { t } = useTexts();
  const [old] = useState(note); // what the change is based on, also when another one comes
  const [text, setText] = useState(note?.text ?? "");
  const [device, setDevice] = useState(note?.device ?? devices[0]?.key ?? "");
  const [from, setFrom] = useState(() => wallOf(note === null ? begin : Date.parse(note.from), zone));
  const [to, setTo] = useState(() => (note === null || note.to === null ? "" : wallOf(Date.parse(note.to), zone)));
  const write = useWriteNote(done);
  const [starts, ends] = [momentOf(from, zone), to === "" ? null : momentOf(to, zone)];
  const isOrdered = !Number.isNaN(starts) && (ends === null || ends > starts);
  const send = () => write.mutate({ old, note: { device, from: new Date(starts).toISOString(), text: text.trim(), ...(ends === null ? {} : { to: new Date(ends).toISOString() }) } });
  return (
    <form onSubmit={submitting(send)} className="note-form">
      <Textarea label={t("notes.text")} value={text} onChange={({ currentTarget }) => setText(currentTarget.value)} maxLength={1000} required autosize minRows={2} data-autofocus />
      <div className="note-times">
        {note === null && devices.length > 1 && <NativeSelect label={t("notes.device")} value={device} onChange={({ currentTarget }) => setDevice(currentTarget.value)} data={devices.map(({ key, name }) => ({ value: key, label: name }))} />}
        <TextInput type="datetime-local" step={1} label={t("explore.from", { zone })} value={from} onChange={({ currentTarget }) => setFrom(currentTarget.value)} required />
        <TextInput type="datetime-local" step={1} label={t("notes.until")} value={to} onChange={({ currentTarget }) => setTo(currentTarget.value)} error={isOrdered ? undefined : t("problem.bad_time")} />
      </div>
      <Group gap="xs" align="end">
        <Submit change={write} disabled={!isOrdered || text.trim() === ""}>
          {t("common.save")}
        </Submit>
        <Button variant="default" onClick={done}>
          {t("common.cancel")}
        </Button>
      </Group>
    </form>
  );
}
