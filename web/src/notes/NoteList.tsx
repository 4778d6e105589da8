import { Button, Group, Text } from "@mantine/core";
import { useState } from "react";
import type { Device } from "../api/client";
import { shownOf, type Span } from "../chart/range";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { useRights } from "../session/session";
import { Confirm } from "../ui/Confirm";
import { Refusal } from "../ui/Saving";
import { NoteForm } from "./NoteForm";
import { type Note, useDeleteNote } from "./useNotes";

interface Props {
  notes: readonly Note[];
  /** Of which a note can be written. */
  devices: readonly Device[];
  span: Span;
  zone: string;
}

/** What people noted of the time shown, with the numbers that the chart has; and the way to write more. */
export function NoteList({ notes, devices, span, zone }: Props) {
  const { t, language } = useTexts();
  const rights = useRights();
  const [edited, edit] = useState<Note | "new" | null>(null);
  const [doomed, doom] = useState<Note | null>(null);
  const remove = useDeleteNote();
  const writable = devices.filter(({ site_id }) => rights.on("operate", site_id));
  const mayChange = (note: Note) => {
    const site = note.site_id ?? devices.find(({ key }) => key === note.device)?.site_id;
    return site !== undefined && (note.is_own ? rights.on("operate", site) : rights.on("configure", site));
  };
  const begin = () => {
    const { from, to } = shownOf(span, live.clock);
    return span.live ? to : (from + to) / 2;
  };
  if (notes.length === 0 && writable.length === 0) return null;
  return (
    <section aria-label={t("notes.title")} className="notes">
      {notes.length > 0 && (
        <ol className="plain-list">
          {notes.map((note, index) => (
            <li key={note.id} className="list-line note-line">
              <span className="note-number" aria-hidden="true">
                {index + 1}
              </span>
              <div>
                <div>{note.text}</div>
                <Text size="xs" className="quiet number" component="div">
                  {formatTime(note.from, language, zone)}
                  {note.to !== null && ` – ${formatTime(note.to, language, zone)}`} · {note.device ?? t("notes.ofSite")} · {note.made_by}
                  {note.changed_at !== null && ` · ${t("notes.changed")}`}
                </Text>
              </div>
              {mayChange(note) && (
                <Group gap={4}>
                  <Button size="compact-xs" variant="subtle" onClick={() => edit(note)}>
                    {t("common.edit")}
                  </Button>
                  <Button size="compact-xs" variant="subtle" color="red" onClick={() => doom(note)}>
                    {t("notes.delete")}
                  </Button>
                </Group>
              )}
            </li>
          ))}
        </ol>
      )}
      <Refusal error={remove.error} />
      {writable.length > 0 && edited === null && (
        <Button size="compact-sm" variant="subtle" onClick={() => edit("new")}>
          {t("notes.add")}
        </Button>
      )}
      {edited !== null && <NoteForm key={edited === "new" ? "new" : edited.id} note={edited === "new" ? null : edited} devices={writable} begin={begin()} zone={zone} done={() => edit(null)} />}
      <Confirm opened={doomed !== null} question={t("notes.deleteQuestion", { text: doomed?.text ?? "" })} action={t("notes.delete")} close={() => doom(null)} confirm={() => doomed !== null && remove.mutate(doomed.id)} />
    </section>
  );
}
