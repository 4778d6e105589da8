import { ActionIcon, useComputedColorScheme } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { letterOf } from "../chart/formulas";
import { dashOf, strokeOf } from "../chart/inks";
import { useTexts } from "../i18n";
import { type ExploreSearch, type Named, withCalculated } from "./address";
import { CalculatedForm } from "./CalculatedForm";
import type { Explored } from "./useExplored";

interface Props {
  chosen: readonly Explored[];
  search: ExploreSearch;
  remove: (one: Named) => void;
  change: (search: ExploreSearch) => void;
}

/** What is shown, each with its line and the letter by which formulas name it. */
export function ChosenSeries({ chosen, search, remove, change }: Props) {
  const { t } = useTexts();
  const calculated = search.f ?? [];
  if (chosen.length === 0) return null;
  return (
    <>
      <ul className="chosen-series" aria-label={t("explore.chosen")}>
        {chosen.map(({ device, channel, title, found }, place) => (
          <li key={`${device}/${channel}`}>
            <Swatch look={place} />
            <span className="quiet chosen-letter">{letterOf(place)}</span>
            <Link to="/devices/$key" params={{ key: device }} className="plain-link chosen-title">
              {title}
            </Link>
            {found?.unit !== undefined && found.unit !== "" && <span className="quiet">{found.unit}</span>}
            <Remove name={title} act={() => remove({ device, channel })} />
          </li>
        ))}
        {calculated.map((one, place) => (
          <li key={`${place} ${one.formula}`}>
            <Swatch look={chosen.length + place} />
            <span className="chosen-title">
              <b>{one.name}</b> <code>{one.formula}</code>
            </span>
            {one.unit !== "" && <span className="quiet">{one.unit}</span>}
            <Remove name={one.name} act={() => change(withCalculated(search, calculated.filter((other) => other !== one)))} />
          </li>
        ))}
      </ul>
      <CalculatedForm chosen={chosen} search={search} change={change} />
    </>
  );
}

function Remove({ name, act }: { name: string; act: () => void }) {
  const { t } = useTexts();
  return (
    <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t("explore.remove", { name })} title={t("explore.remove", { name })} onClick={act}>
      ×
    </ActionIcon>
  );
}

/** A piece of the line as the chart draws it. */
function Swatch({ look }: { look: number }) {
  const scheme = useComputedColorScheme("light");
  return (
    <svg width="26" height="10" aria-hidden="true">
      <line x1="1" x2="25" y1="5" y2="5" stroke={strokeOf(look, scheme)} strokeWidth="2.5" strokeDasharray={dashOf(look).join(" ")} />
    </svg>
  );
}
