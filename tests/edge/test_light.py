"""A gateway runs on small machines: it loads nothing of the hub's stores, nor the framework of its API."""

import subprocess
import sys

HEAVY = ("sqlalchemy", "duckdb", "alembic", "fastapi", "asyncua", "reportlab", "calha.store")


def test_a_gateway_loads_neither_the_stores_nor_the_api_of_a_hub():
    asked = f"import sys, calha.edge.app; print([one for one in {HEAVY!r} if one in sys.modules])"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
