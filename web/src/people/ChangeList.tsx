import { isKey, type Translate, useTexts } from "../i18n";
import { changesOf } from "./changes";

export function ChangeList({ before, after }: { before: string; after: string }) {
  const { t } = useTexts();
  const changes = changesOf(before, after);
  if (changes.length === 0) return null;
  return (
    <dl className="changes">
      {changes.map((one) => (
        <div key={one.name}>
          {one.name !== "" && <dt>{partText(one.name, t)}</dt>}
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

/** What a part is called on its own page; one that this page does not know as the log calls it. */
function partText(name: string, t: Translate): string {
  const key = `auditPart.${name}`;
  return isKey(key) ? t(key) : name;
}
