import { useQuery } from "@tanstack/react-query";
import { Link, useMatches } from "@tanstack/react-router";
import type { Device, Site } from "../api/client";
import { deviceQuery } from "../devices/queries";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { sitesQuery } from "../sites/queries";
import { BILLING, type List, PORTAL, type Step, ways } from "./ways";

interface Params {
  key?: string;
  id?: string;
}

/** The way up from where one is. What the page is about stands below, as its title. Nothing on pages of the menu. */
export function Trail() {
  const route = useMatches({ select: (matches) => matches.at(-1)?.routeId ?? "" });
  const params: Params = useMatches({ select: (matches) => matches.at(-1)?.params ?? {} });
  const way = ways[route];
  return way === undefined ? null : <Way way={way} params={params} />;
}

function Way({ way, params: { key, id } }: { way: readonly Step[]; params: Params }) {
  const { t } = useTexts();
  const isPlaced = way.includes("sites");
  const device = useDevice(isPlaced ? key : undefined);
  const sites = useQuery({ ...sitesQuery, enabled: isPlaced });
  const path = pathTo(sites.data?.items ?? [], key === undefined ? Number(id) : device?.site_id);
  return (
    <nav aria-label={t("trail.label")} className="trail">
      <ol>
        <li>
          <Link to="/home">{t("nav.home")}</Link>
        </li>
        {way.map((step) =>
          step === "sites" ? path.map((site) => <SiteStep key={site.id} site={site} />) : step === "device" ? device && <DeviceStep key={step} device={device} /> : step === "bills" ? <Bills key={step} /> : <ListStep key={step.to} list={step} />,
        )}
      </ol>
    </nav>
  );
}

/** The same question as the page's own: it is asked once. */
function useDevice(key: string | undefined): Device | undefined {
  return useQuery({ ...deviceQuery(key ?? ""), enabled: key !== undefined }).data;
}

function SiteStep({ site }: { site: Site }) {
  return (
    <li>
      <Link to="/" search={{ site: site.id }}>
        {site.name}
      </Link>
    </li>
  );
}

function DeviceStep({ device }: { device: Device }) {
  return (
    <li>
      <Link to="/devices/$key" params={{ key: device.key }}>
        {device.name}
      </Link>
    </li>
  );
}

function ListStep({ list }: { list: List }) {
  const { t } = useTexts();
  return (
    <li>
      <Link to={list.to}>{t(list.text)}</Link>
    </li>
  );
}

/** Who bills comes from all invoices, who pays from his own. */
function Bills() {
  return <ListStep list={useRights().somewhere("bill") ? BILLING : PORTAL} />;
}

/** A site with all above it that the person may see, from the top. */
function pathTo(sites: readonly Site[], wanted: number | undefined): Site[] {
  const site = sites.find(({ id }) => id === wanted);
  return site === undefined ? [] : [...pathTo(sites, site.parent_id ?? undefined), site];
}
