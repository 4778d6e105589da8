import { useTexts } from "../i18n";
import { summary } from "./alarms";
import { PriorityMark } from "./PriorityMark";
import { useAlarmNews, useAlarms } from "./useAlarms";

/** How many alarms wait to be acknowledged, with the mark of the worst; nothing where all is well. */
export function AlarmCount() {
  const { t } = useTexts();
  useAlarmNews();
  const { data } = useAlarms();
  const { waiting, standing, worst } = summary(data ?? []);
  if (worst === null) return null;
  return (
    <span className="alarm-count number" title={t("alarms.count", { n: waiting, m: standing })}>
      <PriorityMark priority={worst} isHollow={waiting === 0} />
      <span aria-hidden="true">{waiting > 0 ? waiting : standing}</span>
      <span className="for-ears">{t("alarms.count", { n: waiting, m: standing })}</span>
    </span>
  );
}
