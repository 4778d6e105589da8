import { Alert, NativeSelect, useMantineColorScheme } from "@mantine/core";
import { Link, Outlet } from "@tanstack/react-router";
import { formatTime } from "../format";
import { type Language, useTexts } from "../i18n";
import { useConnection, useLostAt } from "../live/hooks";
import { Mark } from "../ui/Mark";
import { Icon } from "./icons";
import css from "./Shell.module.css";

const pages = [
  { to: "/", icon: "devices", text: "nav.devices" },
  { to: "/quarantine", icon: "quarantine", text: "nav.quarantine" },
  { to: "/sites", icon: "sites", text: "nav.sites" },
  { to: "/status", icon: "status", text: "nav.status" },
] as const;

export function Shell() {
  const { t } = useTexts();
  return (
    <>
      <a className="skip" href="#content">
        {t("app.skip")}
      </a>
      <div className={css.shell}>
        <nav className={css.rail} aria-label={t("app.nav")}>
          <Link to="/" className={css.brand}>
            <img src="/calha.svg" alt="" width={28} height={28} /> Calha
          </Link>
          {pages.map(({ to, icon, text }) => (
            <Link key={to} to={to} className={css.link} activeOptions={{ exact: to === "/" }}>
              <Icon name={icon} /> {t(text)}
            </Link>
          ))}
          <div className={css.foot}>
            <ConnectionState />
            <Preferences />
          </div>
        </nav>
        <main className={css.main} id="content" tabIndex={-1}>
          <div className={css.phoneFoot}>
            <ConnectionState />
            <Preferences />
          </div>
          <LostBanner />
          <Outlet />
        </main>
      </div>
    </>
  );
}

function ConnectionState() {
  const { t } = useTexts();
  const connection = useConnection();
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
  if (lostAt === null) return null;
  return (
    <Alert className={css.banner} color="orange" variant="light" role="alert">
      {t("connection.lost", { time: formatTime(lostAt, language) })}
    </Alert>
  );
}

function Preferences() {
  const { t, language, setLanguage } = useTexts();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <div style={{ display: "flex", gap: 6 }}>
      <NativeSelect
        size="xs"
        aria-label={t("language.label")}
        value={language}
        onChange={(event) => setLanguage(event.currentTarget.value as Language)}
        data={[
          { value: "pt-BR", label: "PT" },
          { value: "en", label: "EN" },
        ]}
      />
      <NativeSelect
        size="xs"
        aria-label={t("theme.label")}
        value={colorScheme}
        onChange={(event) => setColorScheme(event.currentTarget.value as "auto" | "light" | "dark")}
        data={[
          { value: "auto", label: t("theme.auto") },
          { value: "light", label: t("theme.light") },
          { value: "dark", label: t("theme.dark") },
        ]}
      />
    </div>
  );
}
