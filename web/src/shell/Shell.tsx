import { Alert, Button } from "@mantine/core";
import { Link, Outlet, useLocation, useMatches } from "@tanstack/react-router";
import { AlarmBanner } from "../alarms/AlarmBanner";
import { AlarmCount } from "../alarms/AlarmCount";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { useConnection, useLostAt } from "../live/hooks";
import { useKeptAt } from "../offline/kept";
import { NewVersion } from "../offline/NewVersion";
import { Searchable, SearchButton } from "../search/Search";
import { Gate } from "../session/Gate";
import { paysSomething, seesSomething, useMe, useRights } from "../session/session";
import { Mark } from "../ui/Mark";
import { Onward } from "../ui/Onward";
import { Icon } from "./icons";
import { NoPermission, PageTitle } from "./Pages";
import { Preferences } from "./Preferences";
import css from "./Shell.module.css";
import { Trail } from "./Trail";
import { Untold } from "./Untold";
import { UserMenu } from "./UserMenu";
import { administration } from "./administration";
import { pages } from "./pages";

/** What is shown before anybody has signed in; everything else stands behind the sign-in. */
const OPEN = new Set(["/link", "/shared"]);

/** What fills the screen by itself. */
const BARE = new Set(["/kiosk"]);

/** Drawn anew only where the frame changes, not for every page. */
export function Root() {
  const isOpen = useLocation({ select: ({ pathname }) => OPEN.has(pathname) });
  const isBare = useLocation({ select: ({ pathname }) => BARE.has(pathname) });
  if (isOpen) return <Outlet />;
  return (
    <Gate>
      <Searchable>{isBare ? <Outlet /> : <Shell />}</Searchable>
    </Gate>
  );
}

function Shell() {
  const { t } = useTexts();
  const me = useMe();
  return (
    <>
      <a className="skip" href="#content">
        {t("app.skip")}
      </a>
      <div className={css.shell}>
        <Rail />
        <main className={css.main} id="content" tabIndex={-1}>
          <div className={css.phoneFoot}>
            <ConnectionState />
            <SearchButton />
            <UserMenu place="top" />
            <Preferences />
          </div>
          <LostBanner />
          <NewVersion />
          <Untold />
          {seesSomething(me) && <AlarmBanner />}
          <Page />
        </main>
      </div>
    </>
  );
}

function Rail() {
  const { t } = useTexts();
  const me = useMe();
  const administered = administration(useRights());
  return (
    <nav className={css.rail} aria-label={t("app.nav")}>
      <Link to="/home" className={css.brand}>
        <img src="/calha.svg" alt="" width={28} height={28} /> Calha
      </Link>
      <div className={css.search}>
        <SearchButton />
      </div>
      <div className={css.links}>
        {seesSomething(me) &&
          pages.map(({ to, icon, text, isOffBar = false }) => (
            <Link key={to} to={to} className={isOffBar ? `${css.link} ${css.offBar}` : css.link} activeOptions={{ exact: to === "/" }}>
              <Icon name={icon} /> {t(text)}
              {to === "/alarms" && <AlarmCount />}
            </Link>
          ))}
        {paysSomething(me) && (
          <Link to="/my" className={css.link}>
            <Icon name="portal" /> {t("nav.portal")}
          </Link>
        )}
        {administered.length > 0 && (
          <div className={css.administration}>
            <div className={css.group}>{t("nav.administration")}</div>
            {administered.map(({ to, icon, text }) => (
              <Link key={to} to={to} className={css.link}>
                <Icon name={icon} /> {t(text)}
              </Link>
            ))}
          </div>
        )}
      </div>
      <div className={css.foot}>
        <ConnectionState />
        <UserMenu place="bottom" />
        <Preferences />
      </div>
    </nav>
  );
}

/** The page, if the person's roles reach it at all. */
function Page() {
  const { t } = useTexts();
  const me = useMe();
  const rights = useRights();
  const path = useMatches({ select: (matches) => matches.at(-1)?.pathname });
  const needs = useMatches({ select: (matches) => matches.at(-1)?.staticData.needs ?? "view" });
  const mayOpen = needs === "nothing" || (needs === "administer" ? rights.on("administer", null) : needs === "view" ? seesSomething(me) : rights.somewhere(needs));
  if (mayOpen) {
    return (
      <>
        <Trail />
        <Onward key={path}>
          <Outlet />
        </Onward>
      </>
    );
  }
  return (
    <>
      <PageTitle title={t("noPermission.title")} />
      <NoPermission detail={t(seesSomething(me) ? "noPermission.text" : "noPermission.nothing")} />
      {paysSomething(me) && (
        <Button component={Link} to="/my" variant="default" mt="sm">
          {t("portal.title")}
        </Button>
      )}
    </>
  );
}

function ConnectionState() {
  const { t } = useTexts();
  const isAwaited = seesSomething(useMe());
  const connection = useConnection();
  if (!isAwaited) return <span className={css.connection} />; // nothing comes live to who sees no device
  const shown = { live: ["ok", "connection.live"], connecting: ["quiet", "connection.connecting"], lost: ["bad", "connection.offline"] } as const;
  const [mark, text] = shown[connection];
  return (
    <span className={css.connection} role="status">
      <Mark kind={mark} /> {t(text)}
    </span>
  );
}

function LostBanner() {
  const { t, language } = useTexts();
  const lostAt = useLostAt();
  const keptAt = useKeptAt();
  const since = lostAt ?? keptAt;
  if (since === null) return null;
  return (
    <Alert className={css.banner} color="orange" variant="light" role="alert">
      {t("connection.lost", { time: formatTime(since, language) })}
    </Alert>
  );
}
