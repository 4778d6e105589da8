import type { ReactNode } from "react";
import { formatNumber } from "../format";
import type { Language } from "../i18n";

interface Named {
  name: string;
  children: ReactNode;
}

/** A name and what is known of it, in a `<dl className="facts">`. */
export function Fact({ name, children }: Named) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A fact in digits of one width. */
export function Figure({ name, children }: Named) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="number">{children}</dd>
    </div>
  );
}

/** A name and its figure as text. */
export type NamedFigure = [string, string];

export function Figures({ figures }: { figures: readonly NamedFigure[] }) {
  return (
    <dl className="facts">
      {figures.map(([name, text]) => (
        <Figure key={name} name={name}>
          {text}
        </Figure>
      ))}
    </dl>
  );
}

export function percent(share: number | null, language: Language): string {
  return share === null ? "–" : `${formatNumber(100 * share, 1, language)} %`;
}
