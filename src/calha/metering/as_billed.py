"""A contract as an invoice knew it: what was changed in it since holds from the next invoice on.

Invoices that were issued before their channels were kept with them take those that the contract has by now; where it has none
any more, nobody knows what they were counted by.
"""

from dataclasses import replace

import msgspec

from calha.domain.errors import NotFound
from calha.domain.invoices import Inputs
from calha.domain.tariffs import EXCESS_REACTIVE, INJECTED, Tariff, quantities_of
from calha.metering.cycles import Wanted
from calha.metering.meters import Meters
from calha.store.billing import ContractRow


def as_billed(contract: ContractRow, inputs: Inputs, tariff: Tariff) -> ContractRow:
    """A contract with the terms and channels that an invoice was issued by. Raises NotFound (its channel is not known)."""
    return replace(
        contract,
        tariff=tariff.key,
        dwellings=inputs.terms.dwellings,
        contracted=inputs.terms.contracted,
        reactive_channel=_reactive(contract, inputs, tariff),
        injected_channel=_injected(contract, inputs),
    )


def counting_as_billed(meters: Meters, wanted: Wanted, inputs: Inputs, tariff: Tariff) -> Wanted:
    """What has to be measured of a cycle that was billed before. Raises NotFound, Malformed."""
    contract = as_billed(wanted.contract, inputs, tariff)
    reactive, injected = (
        meters.meter(contract.device, channel) if channel else None
        for channel in (contract.reactive_channel, contract.injected_channel)
    )
    return replace(wanted, contract=contract, tariff=tariff, reactive=reactive, injected=injected)


def _reactive(contract: ContractRow, inputs: Inputs, tariff: Tariff) -> str | None:
    """A tariff that did not charge it did not count it; one that charges it by now finds it."""
    if not isinstance(inputs.reactive_channel, msgspec.UnsetType):
        return inputs.reactive_channel
    if EXCESS_REACTIVE not in quantities_of(tariff.version_at(inputs.from_)):
        return contract.reactive_channel
    return _known(contract.reactive_channel, "reactive energy") if _counted(inputs, EXCESS_REACTIVE) else None


def _injected(contract: ContractRow, inputs: Inputs) -> str | None:
    if not isinstance(inputs.injected_channel, msgspec.UnsetType):
        return inputs.injected_channel
    return _known(contract.injected_channel, "injected energy") if _counted(inputs, INJECTED) else None


def _counted(inputs: Inputs, quantity: str) -> bool:
    return any(quantity in span.quantities for span in inputs.metered)


def _known(channel: str | None, what: str) -> str:
    if channel is None:
        raise NotFound(f"it is not known any more which channel counted the {what}")
    return channel
