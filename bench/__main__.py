"""`python -m bench NAME [options]`: runs one benchmark; without a name, lists them."""

import asyncio
import importlib
import inspect
import pkgutil
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def names() -> dict[str, str]:
    """Benchmarks by the name under which they are called, and what each says of itself."""
    found = {}
    for module in pkgutil.iter_modules([str(FOLDER)]):
        source = (FOLDER / f"{module.name}.py").read_text(encoding="utf-8")
        if not module.name.startswith("_") and "def main() ->" in source:
            found[module.name.replace("_", "-")] = source.split('"""')[1].splitlines()[0]
    return found


def main() -> int:
    known = names()
    if len(sys.argv) < 2 or sys.argv[1] not in known:
        for name, purpose in known.items():
            print(f"{name:14} {purpose}")
        return 0 if len(sys.argv) < 2 else 2
    name = sys.argv.pop(1)
    sys.argv[0] = f"bench {name}"
    outcome = importlib.import_module(f"bench.{name.replace('-', '_')}").main()
    return asyncio.run(outcome) if inspect.iscoroutine(outcome) else int(outcome or 0)


if __name__ == "__main__":
    sys.exit(main())
