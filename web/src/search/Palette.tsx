import "./palette.css";
import { useDebouncedValue } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, type MouseEvent, useEffect, useId, useRef, useState } from "react";
import { useTexts } from "../i18n";
import { painted } from "../ui/painted";
import { problemText } from "../ui/words";
import { type Group, type Line, useGroups } from "./useGroups";

const SETTLED_MS = 150;

/** Pages, actions and everything that has a name, reached by typing. The pattern is ARIA's combobox with a list. */
export function Palette({ close }: { close: () => void }) {
  const { t } = useTexts();
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, type] = useState("");
  const [asked] = useDebouncedValue(typed, SETTLED_MS);
  const { groups, error, isSearching } = useGroups(typed, asked);
  const lines = groups.flatMap((group) => group.lines);
  const [chosen, choose] = useState(0);
  const open = useOpening(close);
  const list = useId();
  const at = Math.min(chosen, Math.max(0, lines.length - 1));
  useEffect(() => {
    dialog.current?.setAttribute("closedby", "any"); // by a click beside it, where browsers know that
    dialog.current?.showModal();
  }, []);
  useEffect(() => {
    document.getElementById(`${list}-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [list, at]);
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const line = lines[at];
    if (step !== undefined && lines.length > 0) choose((at + step + lines.length) % lines.length);
    else if (event.key === "Enter" && line !== undefined) open(line);
    else return;
    event.preventDefault();
  };
  return (
    <dialog ref={dialog} className="palette panel" aria-label={t("search.title")} onClose={close}>
      <div className="palette-head">
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls={list}
          aria-autocomplete="list"
          aria-label={t("search.title")}
          {...(lines.length > 0 ? { "aria-activedescendant": `${list}-${at}` } : {})}
          placeholder={t("search.placeholder")}
          value={typed}
          onChange={(event) => {
            type(event.currentTarget.value);
            choose(0);
          }}
          onKeyDown={press}
          autoComplete="off"
          spellCheck={false}
          enterKeyHint="go"
        />
        <button type="button" className="palette-close" onClick={close}>
          {t("common.close")}
        </button>
      </div>
      <div id={list} role="listbox" aria-label={t("search.found")} className="palette-list" aria-busy={isSearching}>
        {groups.map((group) => (
          <Lines key={group.title} group={group} list={list} from={lines.indexOf(group.lines[0] as Line)} chosen={at} open={open} />
        ))}
      </div>
      {lines.length === 0 && !isSearching && error === null && <p className="palette-note quiet">{t("search.nothing", { asked: typed })}</p>}
      {error !== null && <p className="palette-note">{problemText(error, t)}</p>}
      <p className="for-ears" role="status">
        {isSearching ? "" : t("search.count", { n: lines.length })}
      </p>
      <p className="palette-keys quiet" aria-hidden="true">
        {t("search.keys")}
      </p>
    </dialog>
  );
}

interface Lined {
  group: Group;
  list: string;
  /** The place of the group's first line among all. */
  from: number;
  chosen: number;
  open: (line: Line) => void;
}

function Lines({ group, list, from, chosen, open }: Lined) {
  const { t } = useTexts();
  const follow = (event: MouseEvent, line: Line) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return; // the browser's own: in a new tab or window
    event.preventDefault();
    open(line);
  };
  return (
    <div role="group" aria-label={group.title}>
      <div className="palette-group quiet" aria-hidden="true">
        {group.title}
        {group.hasMore && ` · ${t("search.more")}`}
      </div>
      {group.lines.map((line, index) => (
        <a
          key={line.href + line.name}
          id={`${list}-${from + index}`}
          role="option"
          aria-selected={from + index === chosen}
          tabIndex={-1}
          href={line.href}
          className="palette-line"
          onClick={(event) => follow(event, line)}
        >
          <span className="palette-name">{line.name}</span>
          {line.note !== "" && <span className="palette-where quiet">{line.note}</span>}
        </a>
      ))}
    </div>
  );
}

/** Goes where a line leads, once the palette is seen to be closed. The API's documentation is a document of its own. */
function useOpening(close: () => void): (line: Line) => void {
  const navigate = useNavigate();
  return ({ href }) => {
    close();
    if (href.startsWith("/api/")) location.assign(href);
    else void painted().then(() => navigate({ href }));
  };
}
