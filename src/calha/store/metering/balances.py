"""Water balances as they are set up: what a channel is in the balance of a site, and the network behind its inlets."""

from collections.abc import Mapping
from typing import Literal

from sqlalchemy import Engine, delete, insert, select

from calha.domain.water_balance import Network
from calha.store.metering.models import BalanceMeter, SupplyNetwork
from calha.store.registry.writing import require_site

Role = Literal["inlet", "outlet", "consumption", "none"]

_NETWORK = ("mains_km", "private_km", "connections", "people", "pressure_m", "hours_a_day")


class BalanceStore:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def roles(self) -> dict[int, dict[int, Role]]:
        """By site and series; of those that are not simply consumption where they stand."""
        found: dict[int, dict[int, Role]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(select(BalanceMeter.site_id, BalanceMeter.series, BalanceMeter.role)):
                found.setdefault(row.site_id, {})[row.series] = row.role
        return found

    def set_roles(self, site_id: int, roles: Mapping[int, Role]) -> None:
        """Replace what is said of a site. Raises NotFound (site)."""
        with self._engine.execution_options(writes=True).begin() as connection:
            require_site(connection, site_id)
            connection.execute(delete(BalanceMeter).where(BalanceMeter.site_id == site_id))
            rows = [{"site_id": site_id, "series": series, "role": role} for series, role in roles.items()]
            if rows:
                connection.execute(insert(BalanceMeter), rows)

    def network(self, site_id: int) -> Network | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(SupplyNetwork.__table__).where(SupplyNetwork.site_id == site_id)).first()
        return Network(**{name: getattr(row, name) for name in _NETWORK}) if row is not None else None

    def set_network(self, site_id: int, network: Network | None) -> None:
        """None: nothing is known of it any more. Raises NotFound (site)."""
        with self._engine.execution_options(writes=True).begin() as connection:
            require_site(connection, site_id)
            connection.execute(delete(SupplyNetwork).where(SupplyNetwork.site_id == site_id))
            if network is not None:
                values = {name: getattr(network, name) for name in _NETWORK} | {"site_id": site_id}
                connection.execute(insert(SupplyNetwork).values(values))
