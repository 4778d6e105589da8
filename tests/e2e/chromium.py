"""How Chromium is started: without looking for anything in the Internet."""

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--js-flags=--no-opt",  # pages of tests live for seconds: what V8 makes faster costs more than it saves, a sixth of a load
]
