import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, type Device, type Site, take } from "../api/client";
import { useTexts } from "../i18n";

interface Props {
  /** The site in which the device stands, or that the page tells more of. */
  site: number | undefined;
  /** The device, on pages below its own. */
  device?: Pick<Device, "key" | "name"> | undefined;
}

/** The way up from where one is: overview, sites, device. What the page is about stands below, as its title. */
export function Trail({ site, device }: Props) {
  const { t } = useTexts();
  const sites = useQuery({ queryKey: ["sites"], queryFn: () => take(api.GET("/api/v1/sites")) });
  const path = pathTo(sites.data?.items ?? [], site);
  return (
    <nav aria-label={t("trail.label")} className="trail">
      <ol>
        <li>
          <Link to="/home">{t("trail.overview")}</Link>
        </li>
        {path.map(({ id, name }) => (
          <li key={id}>
            <Link to="/" search={{ site: id }}>
              {name}
            </Link>
          </li>
        ))}
        {device !== undefined && (
          <li>
            <Link to="/devices/$key" params={{ key: device.key }}>
              {device.name}
            </Link>
          </li>
        )}
      </ol>
    </nav>
  );
}

/** A site with all above it that the person may see, from the top. */
function pathTo(sites: readonly Site[], wanted: number | undefined): Site[] {
  const site = sites.find(({ id }) => id === wanted);
  return site === undefined ? [] : [...pathTo(sites, site.parent_id ?? undefined), site];
}
