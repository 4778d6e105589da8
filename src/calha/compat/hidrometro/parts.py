"""The parts of this system, put together as jobs for the supervisor."""

from collections.abc import Awaitable, Callable, Iterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from calha.compat.ground import Ground
from calha.compat.hidrometro.access import Access, Denied
from calha.compat.hidrometro.api import Api, refused
from calha.compat.hidrometro.live import Live
from calha.compat.hidrometro.meters import Meters
from calha.compat.hidrometro.mqtt import Broker
from calha.compat.hidrometro.orders import Orders
from calha.compat.hidrometro.records import Records
from calha.compat.listening import serve
from calha.config import HidrometroSection

Job = Callable[[Callable[[], None]], Awaitable[None]]


def jobs(options: HidrometroSection, ground: Ground) -> Iterator[tuple[str, Job]]:
    meters = Meters(options, ground)
    orders = Orders(ground.commands, meters)
    ground.carry(orders)
    records = Records(ground, meters)
    access = Access(options, ground, meters, records)
    api = Api(ground, meters, orders, records, access)
    live = Live(ground, records, access, options.max_pages)

    def listener(port: int, key: str, node: bool) -> Job:
        app = live.around(_app(api, node, options.anonymous_meters))

        async def run(beat: Callable[[], None]) -> None:
            await meters.prepare()
            await serve(app, options.host, port, f"compat.hidrometro.{key}", beat)

        return run

    yield "hidrometro-mqtt", Broker(options, ground, meters, orders).run
    yield "hidrometro-live", live.run
    yield "hidrometro", listener(options.port, "port", node=False)
    if options.node_port:
        yield "hidrometro-node", listener(options.node_port, "node_port", node=True)


def _app(api: Api, node: bool, anonymous_meters: bool) -> ASGIApp:
    """Any page may ask, as ever, with a token; cookies count for pages of our own only."""
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type"],
    )
    return Starlette(routes=api.routes(node, anonymous_meters), middleware=[cors], exception_handlers={Denied: refused})
