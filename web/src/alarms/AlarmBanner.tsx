import "./banner.css";
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTexts } from "../i18n";
import { useAge } from "../live/hooks";
import { useRights } from "../session/session";
import { type Alarm, inOrder } from "./alarms";
import { PriorityMark } from "./PriorityMark";
import { SoundButton } from "./SoundButton";
import { useAlarms } from "./useAlarms";
import { useSound } from "./useSound";

/** What waits to be acknowledged, on every page: the most pressing one, how many more, and the sound. As tall where all is well, so that
 * nothing moves under the hands of whoever watches a plant; nothing then for a customer, who only has meters of his own. */
export function AlarmBanner() {
  const { data } = useAlarms();
  const watches = useRights().somewhere("view");
  const waiting = inOrder((data ?? []).filter(({ is_acknowledged }) => !is_acknowledged));
  const sound = useSound(data === undefined ? undefined : waiting);
  const first = waiting[0];
  if (first === undefined) return watches && <Calm isKnown={data !== undefined} sound={sound} />;
  return <Banner first={first} others={waiting.length - 1} sound={sound} />;
}

function Calm({ isKnown, sound }: { isKnown: boolean; sound: ReturnType<typeof useSound> }) {
  const { t } = useTexts();
  return (
    <div className="alarm-banner panel">
      <span className="quiet">{isKnown && t("alarmBanner.none")}</span>
      <span className="alarm-banner-sound">
        <SoundButton sound={sound} />
      </span>
    </div>
  );
}

function Banner({ first, others, sound }: { first: Alarm; others: number; sound: ReturnType<typeof useSound> }) {
  const { t } = useTexts();
  const age = useAge(Date.parse(first.raised_at ?? first.changed_at));
  return (
    <section className="alarm-banner panel" aria-label={t("alarmBanner.title")}>
      <span className="alarm-banner-first">
        <PriorityMark priority={first.priority} />
        <Link to="/alarms" search={{ id: first.id }} className="plain-link cut" title={`${first.name} · ${first.device_name}`}>
          {first.name} · {first.device_name}
        </Link>
      </span>
      <span className="quiet alarm-banner-age">
        {t(`priority.${first.priority}`)} · <span className="number">{age}</span>
      </span>
      {others > 0 && (
        <Link to="/alarms" className="plain-link number">
          {t("alarmBanner.more", { n: others })}
        </Link>
      )}
      <span className="alarm-banner-sound">
        {sound.priority !== null && (
          <Button size="compact-sm" variant="default" onClick={sound.silence}>
            {t("sound.silence")}
          </Button>
        )}
        <SoundButton sound={sound} />
      </span>
      <span className="for-ears" role="status">
        {t("alarmBanner.new", { name: first.name, device: first.device_name, priority: t(`priority.${first.priority}`) })}
      </span>
    </section>
  );
}
