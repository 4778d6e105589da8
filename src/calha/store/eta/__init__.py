"""Which numbers the clients of a replaced ETA flow system use; same database as the registry."""

from calha.store.eta.numbers import MAX_SENSOR, EtaDeviceRow, EtaNumbers, EtaSensorRow, EtaUnitRow, Picture

__all__ = ["MAX_SENSOR", "EtaDeviceRow", "EtaNumbers", "EtaSensorRow", "EtaUnitRow", "Picture"]
