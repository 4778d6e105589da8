import { useQuery } from "@tanstack/react-query";
import { useTexts } from "../i18n";
import { useTime } from "../session/time";
import { sitesQuery } from "../sites/queries";
import { changesOf, parsed } from "./changes";
import { partText, valueText } from "./changeWords";

/** What an entry changed, as people read it; and, for who asks, as it is kept. */
export function ChangeList({ before, after }: { before: string; after: string }) {
  const { t, language } = useTexts();
  const time = useTime();
  const sites = useQuery(sitesQuery);
  const changes = changesOf(before, after);
  if (changes.length === 0) return null;
  const words = { t, language, time, site: (id: number) => sites.data?.items.find((one) => one.id === id)?.name };
  return (
    <>
      <dl className="changes">
        {changes.map(({ path, ...change }) => {
          const [old, now] = [change.before, change.after].map((value) => (value === undefined ? undefined : valueText(path, value, words)));
          return (
            <div key={path.join(" ")}>
              {path.length > 0 && <dt>{partText(path, t)}</dt>}
              <dd>
                {old !== undefined && <del aria-label={`${t("audit.before")}: ${old}`}>{old}</del>}
                {old !== undefined && now !== undefined && " → "}
                {now !== undefined && <ins>{now}</ins>}
              </dd>
            </div>
          );
        })}
      </dl>
      <details className="changes-raw">
        <summary>{t("audit.raw")}</summary>
        {before !== "" && <Kept title={t("audit.before")} text={before} />}
        {after !== "" && <Kept title={t("audit.after")} text={after} />}
      </details>
    </>
  );
}

function Kept({ title, text }: { title: string; text: string }) {
  const kept = parsed(text);
  return (
    <>
      <div className="quiet">{title}</div>
      <pre className="code wrap">{typeof kept === "string" ? text : JSON.stringify(kept, null, 2)}</pre>
    </>
  );
}
