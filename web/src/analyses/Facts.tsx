import { formatNumber } from "../format";
import type { Language } from "../i18n";

/** A name and what is known of it. */
export type Fact = [string, string];

export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="number">{text}</dd>
        </div>
      ))}
    </dl>
  );
}

export function percent(share: number | null, language: Language): string {
  return share === null ? "–" : `${formatNumber(100 * share, 1, language)} %`;
}
