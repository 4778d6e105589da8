import { Link } from "@tanstack/react-router";
import { type MouseEvent, useId } from "react";
import { useTexts } from "../i18n";
import { useOutbox } from "../outbox/outbox";
import { seesSomething, signOut, useMe, useRights } from "../session/session";
import { tellFailure } from "../ui/tell";
import { administration } from "./administration";
import { Icon } from "./icons";
import { pages } from "./pages";
import css from "./Shell.module.css";

/** What concerns whoever is signed in. A native popover: the browser closes it by Escape and by a click elsewhere. */
export function UserMenu({ place }: { place: "top" | "bottom" }) {
  const { t } = useTexts();
  const me = useMe();
  const rights = useRights();
  const waiting = useOutbox();
  const id = useId();
  const name = me.person?.name ?? me.name;
  const close = ({ currentTarget }: MouseEvent<HTMLElement>) => currentTarget.closest<HTMLElement>("[popover]")?.hidePopover();
  return (
    <>
      <button type="button" className={css.user} popoverTarget={id} aria-label={t("user.menu", { name })}>
        <span className={css.initial} data-initial={name.slice(0, 1).toUpperCase()} aria-hidden="true" />
        <span className="cut">{name}</span>
      </button>
      <div id={id} popover="auto" className={`panel ${css.menu}`} data-place={place}>
        <div className={css.menuName}>
          <b>{name}</b>
          <div className="quiet">{me.person?.email ?? me.person?.user_name}</div>
        </div>
        <Link to="/account" className={css.menuItem} onClick={close}>
          {t("user.account")}
        </Link>
        <Link to="/notifications" className={css.menuItem} onClick={close}>
          {t("nav.notifications")}
        </Link>
        <Link to="/claim" hash="" className={css.menuItem} onClick={close}>
          {t("user.claim")}
        </Link>
        <Link to="/outbox" className={css.menuItem} onClick={close}>
          {t("outbox.title")}
          {waiting.length > 0 && <span className="alarm-count">{waiting.length}</span>}
        </Link>
        {[...(seesSomething(me) ? pages.filter(({ isOffBar }) => isOffBar) : []), ...administration(rights)].map(({ to, icon, text }) => (
          <Link key={to} to={to} className={`${css.menuItem} ${css.onPhone}`} onClick={close}>
            <Icon name={icon} /> {t(text)}
          </Link>
        ))}
        <a href="/api/docs" className={css.menuItem}>
          {t("user.apiDocs")}
        </a>
        <button type="button" className={css.menuItem} onClick={() => void signOut().catch((error: unknown) => tellFailure(error, t))}>
          {t("user.signOut")}
        </button>
      </div>
    </>
  );
}
