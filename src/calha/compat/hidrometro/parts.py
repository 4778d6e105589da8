"""The parts of this system, put together as jobs for the supervisor."""

from collections.abc import Awaitable, Callable, Iterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from calha.compat.ground import Ground
from calha.compat.hidrometro.access import Access, Denied
from calha.compat.hidrometro.alerts import Alerting
from calha.compat.hidrometro.api import Api
from calha.compat.hidrometro.live import Live
from calha.compat.hidrometro.meters import PREFIX, Meters
from calha.compat.hidrometro.months import Months
from calha.compat.hidrometro.mqtt import Broker
from calha.compat.hidrometro.orders import Orders
from calha.compat.hidrometro.pages.billing import BillingPages
from calha.compat.hidrometro.pages.customers import CustomerPages
from calha.compat.hidrometro.pages.frame import FOLDER, Frame, SignInFirst
from calha.compat.hidrometro.pages.live import LivePages
from calha.compat.hidrometro.pages.meters import MeterPages
from calha.compat.hidrometro.records import Records
from calha.compat.listening import serve
from calha.config.compat import HidrometroSection
from calha.store.hidrometro import Billing, Customers, MeterTable

Job = Callable[[Callable[[], None]], Awaitable[None]]


def jobs(options: HidrometroSection, ground: Ground) -> Iterator[tuple[str, Job]]:
    engine = ground.registry.engine
    table, customers, billing = MeterTable(engine, PREFIX), Customers(engine), Billing(engine)
    meters = Meters(options, ground)
    orders = Orders(ground.commands, meters)
    ground.carry(orders)
    records = Records(ground, meters)
    access = Access(options, ground, meters, records)
    api = Api(ground, meters, orders, records, access)
    live = Live(ground, records, access, options.max_pages)
    alerting = Alerting(options, ground, meters, table, live, access)
    frame = Frame(access, ground.accounts)
    months = Months(ground, meters, table, billing)
    common = [
        *alerting.routes(),
        *LivePages(frame, ground.accounts.sign_in, meters, table, customers).routes(),
        *CustomerPages(frame, customers, table).routes(),
        *MeterPages(frame, ground, meters, records, access, customers, table).routes(),
        *BillingPages(frame, meters, months, customers, billing, ground.clock).routes(),
        Mount("/static", StaticFiles(directory=FOLDER / "static")),
    ]

    def listener(port: int, key: str, node: bool) -> Job:
        app = live.around(_app([*api.routes(node, options.anonymous_meters), *common], frame))

        async def run(beat: Callable[[], None]) -> None:
            await meters.prepare()
            await serve(app, options.host, port, f"compat.hidrometro.{key}", beat)

        return run

    yield "hidrometro-mqtt", Broker(options, ground, meters, orders).run
    yield "hidrometro-live", live.run
    yield "hidrometro", listener(options.port, "port", node=False)
    if options.node_port:
        yield "hidrometro-node", listener(options.node_port, "node_port", node=True)


def _app(routes: list[BaseRoute], frame: Frame) -> ASGIApp:
    """Any page may ask, as ever, with a token; cookies count for pages of our own only."""
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type"],
    )
    handlers = {Denied: frame.refused, SignInFirst: frame.to_sign_in}
    return Starlette(routes=routes, middleware=[cors], exception_handlers=handlers)
