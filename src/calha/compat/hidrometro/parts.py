"""The parts of this system, put together as jobs for the supervisor."""

from collections.abc import Awaitable, Callable, Iterator

from calha.compat.ground import Ground
from calha.compat.hidrometro.meters import Meters
from calha.compat.hidrometro.mqtt import Broker
from calha.compat.hidrometro.orders import Orders
from calha.config import HidrometroSection


def jobs(
    options: HidrometroSection, ground: Ground
) -> Iterator[tuple[str, Callable[[Callable[[], None]], Awaitable[None]]]]:
    meters = Meters(options, ground)
    orders = Orders(ground.commands, meters)
    ground.carry(orders)
    yield "hidrometro-mqtt", Broker(options, ground, meters, orders).run
