import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { useTexts } from "../i18n";
import { holds, wordsOf } from "../search/words";
import { isSame, MOST_SERIES, type Named } from "./address";

type Offered = components["schemas"]["SeriesFound"];

const SHOWN = 30;
const PAUSE_MS = 150;

interface Props {
  chosen: readonly Named[];
  choose: (one: Named) => void;
  /** Whether it is what a person comes for. */
  isFirst: boolean;
}

/** Finds series by words, on the server; what is chosen is added, and one can go on choosing. */
export function SeriesPicker({ chosen, choose, isFirst }: Props) {
  const { t, own, language } = useTexts();
  const id = useId();
  const [typed, type] = useState("");
  const [isOpen, setOpen] = useState(false);
  const [place, setPlace] = useState(0);
  const [words] = useDebouncedValue(typed.trim(), PAUSE_MS);
  const query = useQuery({
    queryKey: ["series", words],
    queryFn: () => take(api.GET("/api/v1/series", { params: { query: { q: words, limit: SHOWN } } })),
    placeholderData: keepPreviousData,
    enabled: isOpen,
  });
  // What was found for the words before stays only where it fits those typed now: a quick Enter adds nothing else.
  const isSettled = words === typed.trim() && !query.isPlaceholderData;
  const fits = ({ device, device_name, site_path, channel }: Offered) => isSettled || holds(wordsOf(typed), [device, device_name, channel.key, own(channel.name), ...site_path].join(" "));
  const found = (query.data?.items ?? []).filter(fits).filter(({ device, channel }) => !chosen.some((one) => isSame(one, { device, channel: channel.key })));
  const at = Math.min(place, found.length - 1);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (isFirst) field.current?.focus({ preventScroll: true });
  }, [isFirst]);
  const isFull = chosen.length >= MOST_SERIES;
  const add = (index: number) => {
    const one = found[index];
    if (one === undefined) return;
    choose({ device: one.device, channel: one.channel.key });
    setPlace(index);
  };
  const onKey = (event: KeyboardEvent) => {
    const actions: Record<string, () => unknown> = {
      ArrowDown: () => (isOpen ? setPlace(Math.min(at + 1, found.length - 1)) : setOpen(true)),
      ArrowUp: () => setPlace(Math.max(at - 1, 0)),
      Enter: () => isOpen && add(at),
      Escape: () => setOpen(false),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  };
  return (
    <div className="series-picker" onBlur={({ currentTarget, relatedTarget }) => !currentTarget.contains(relatedTarget) && setOpen(false)}>
      <TextInput
        label={t("explore.add")}
        placeholder={t("explore.search")}
        description={isFull ? t("explore.full", { n: MOST_SERIES }) : undefined}
        disabled={isFull}
        value={typed}
        onChange={({ currentTarget }) => {
          type(currentTarget.value);
          setPlace(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onClick={() => setOpen(true)}
        onKeyDown={onKey}
        ref={field}
        autoComplete="off"
        spellCheck={false}
        role="combobox"
        aria-expanded={isOpen}
        aria-controls={`${id}-found`}
        aria-autocomplete="list"
        {...(isOpen && at >= 0 ? { "aria-activedescendant": `${id}-${at}` } : {})}
      />
      {isOpen && !isFull && (
        <div className="panel series-found">
          <ul id={`${id}-found`} role="listbox" aria-label={t("explore.found")}>
            {found.map(({ device, device_name, site_path, channel }, index) => (
              // The field above has the keys.
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
              <li
                key={channel.series}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === at}
                ref={index === at ? (line) => line?.scrollIntoView({ block: "nearest" }) : undefined}
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => add(index)}
              >
                <span>
                  <b>{own(channel.name)}</b> {channel.unit !== "" && <span className="quiet">{channel.unit}</span>}
                </span>
                <span className="quiet">
                  {device_name} · {device_name === device ? "" : `${device} · `}
                  {site_path.join(" › ")}
                </span>
              </li>
            ))}
          </ul>
          {isSettled && query.isSuccess && found.length === 0 && <p className="quiet series-none">{t(words === "" ? "explore.noSeries" : "explore.noMatch")}</p>}
          {query.data?.searched != null && <p className="quiet series-none">{t("explore.searched", { n: new Intl.NumberFormat(language).format(query.data.searched) })}</p>}
          {query.data?.next != null && <p className="quiet series-none">{t("explore.more")}</p>}
        </div>
      )}
    </div>
  );
}
