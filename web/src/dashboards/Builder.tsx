import { Button, Group, SimpleGrid, Text, TextInput } from "@mantine/core";
import { useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import { useTexts } from "../i18n";
import { useWatch } from "../live/hooks";
import { Dialog } from "../ui/Dialog";
import { useAskBeforeLeaving } from "../ui/leaving";
import { Refusal } from "../ui/Saving";
import { EditGrid } from "./EditGrid";
import { duplicated, MAX_WIDGETS, newWidget, without } from "./kinds";
import { begun, did, redone, undone } from "./past";
import { ShownContext, type Source } from "./source";
import { type Dashboard, type Document, type Kind, KINDS, type Widget } from "./types";
import { useKeep } from "./useBoards";
import { devicesOf, type Values, valuesOf } from "./variables";
import { VariablesForm } from "./VariablesForm";
import { WidgetForm } from "./WidgetForm";

interface Props {
  board: Dashboard;
  source: Source;
  values: Values;
  stop: () => void;
}

/** Building a dashboard: nothing is kept until it is saved, and each step can be undone. */
export function Builder({ board, source, values: chosen, stop }: Props) {
  const { t } = useTexts();
  const [past, setPast] = useState(() => begun<Document>(board.document));
  const [name, setName] = useState(board.name);
  const [adds, add] = useState(false);
  const [editing, edit] = useState<Widget | null>(null);
  const [choosesVariables, chooseVariables] = useState(false);
  const [told, tell] = useState("");
  const [base, setBase] = useState(board.version);
  const keep = useKeep();
  const place = useRef<HTMLDivElement>(null);
  const document = past.now;
  const isChanged = name !== board.name || JSON.stringify(document) !== JSON.stringify(board.document);
  const values = useMemo(() => valuesOf(document.variables, chosen), [document.variables, chosen]);
  const shown = useMemo(() => ({ source, values, site: board.site_id, hasMenus: false }), [source, values, board.site_id]);
  useWatch(useMemo(() => devicesOf(document, values), [document, values]));
  useAskBeforeLeaving(isChanged && !keep.isSuccess, (next) => next.pathname !== `/dashboards/${board.id}` || !("edit" in next.search));

  const change = (now: Document, words = "") => {
    keep.reset();
    setPast((before) => did(before, now));
    tell(words);
  };
  const step = (how: typeof undone<Document>, words: string) => {
    keep.reset();
    setPast((before) => how(before));
    tell(words);
  };
  const focus = (id: string | undefined) => requestAnimationFrame(() => place.current?.querySelector<HTMLElement>(id === undefined ? "button" : `[data-widget="${id}"]`)?.focus());
  const remove = (id: string) => {
    const order = document.widgets.map((one) => one.id);
    change(without(document, id), t("boards.removed"));
    focus(order[order.indexOf(id) + 1] ?? order[order.indexOf(id) - 1]);
  };
  const duplicate = (id: string) => {
    const now = duplicated(document, id);
    change(now, t("boards.duplicated"));
    focus(now.widgets.at(-1)?.id);
  };
  const put = (widget: Widget) => {
    const isKnown = document.widgets.some(({ id }) => id === widget.id);
    change({ ...document, widgets: isKnown ? document.widgets.map((one) => (one.id === widget.id ? widget : one)) : [...document.widgets, widget] });
    edit(null);
    focus(widget.id);
  };
  const save = () =>
    keep.mutate(
      { wanted: { name, site_id: board.site_id, document }, old: { id: board.id, version: base } },
      {
        onSuccess: ({ version }) => {
          setBase(version);
          stop();
        },
      },
    );
  const leave = () => {
    if (!isChanged || window.confirm(t("leave.ask"))) stop();
  };

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
    if (isTyping || editing !== null || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key === "z" && !event.shiftKey) step(undone, t("boards.undone"));
    else if (key === "y" || key === "z") step(redone, t("boards.redone"));
    else if (key === "s") save();
    else return;
    event.preventDefault();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);

  return (
    <ShownContext value={shown}>
      <div className="board-bar building">
        <TextInput aria-label={t("boards.name")} value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={100} required className="board-name" />
        <Button variant="default" onClick={() => add(true)} disabled={document.widgets.length >= MAX_WIDGETS}>
          {t("boards.add")}
        </Button>
        <Button variant="default" onClick={() => chooseVariables(true)}>
          {t("boards.variables")}
        </Button>
        <Group gap={4} wrap="nowrap">
          <Button variant="default" onClick={() => step(undone, t("boards.undone"))} disabled={past.before.length === 0} title="Ctrl+Z">
            {t("common.undo")}
          </Button>
          <Button variant="default" onClick={() => step(redone, t("boards.redone"))} disabled={past.after.length === 0} title="Ctrl+Y">
            {t("boards.redo")}
          </Button>
        </Group>
        <Group gap={4} wrap="nowrap" ml="auto">
          <Button variant="default" onClick={leave}>
            {t("common.cancel")}
          </Button>
          <Button onClick={save} loading={keep.isPending} disabled={name.trim() === ""}>
            {t("common.save")}
          </Button>
        </Group>
      </div>
      <Refusal error={keep.error} />
      <div ref={place}>
        {document.widgets.length === 0 && (
          <Text className="quiet" my="md">
            {t("boards.begin")}
          </Text>
        )}
        <EditGrid document={document} change={change} edit={edit} duplicate={duplicate} remove={remove} />
      </div>
      <Text size="xs" className="quiet" mt="sm">
        {t("boards.keys")}
      </Text>
      <div role="status" className="for-ears">
        {told}
      </div>
      {adds && (
        <Palette
          close={() => add(false)}
          choose={(kind) => {
            add(false);
            edit(newWidget(document, kind));
          }}
        />
      )}
      {editing !== null && <WidgetForm key={editing.id} board={board} document={document} widget={editing} close={() => edit(null)} put={put} />}
      {choosesVariables && <VariablesForm board={board} document={document} close={() => chooseVariables(false)} change={change} />}
    </ShownContext>
  );
}

function Palette({ close, choose }: { close: () => void; choose: (kind: Kind) => void }) {
  const { t } = useTexts();
  return (
    <Dialog onClose={close} title={t("boards.add")} size="lg">
      <SimpleGrid cols={{ base: 1, xs: 2, sm: 3 }} spacing="xs">
        {KINDS.map((kind) => (
          <button key={kind} type="button" className="palette-kind" onClick={() => choose(kind)}>
            <b>{t(`boardKind.${kind}`)}</b>
            <span className="quiet">{t(`boardAbout.${kind}`)}</span>
          </button>
        ))}
      </SimpleGrid>
    </Dialog>
  );
}
