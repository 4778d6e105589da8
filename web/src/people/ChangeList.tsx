import { useTexts } from "../i18n";
import { changesOf } from "./changes";

export function ChangeList({ before, after }: { before: string; after: string }) {
  const { t } = useTexts();
  const changes = changesOf(before, after);
  if (changes.length === 0) return null;
  return (
    <dl className="changes">
      {changes.map((one) => (
        <div key={one.name}>
          {one.name !== "" && <dt>{one.name}</dt>}
          <dd>
            {one.before !== undefined && <del aria-label={`${t("audit.before")}: ${one.before}`}>{one.before}</del>}
            {one.before !== undefined && one.after !== undefined && " → "}
            {one.after !== undefined && <ins>{one.after}</ins>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
