"""Devices that behave like the real ones, for the demo, the benches and the tests."""

from calha.simulate.faults import FAULTS, Fault
from calha.simulate.fleet import NewDevice
from calha.simulate.run import Outcome, Progress, Register, register_over_http, simulate
from calha.simulate.senders import Over
from calha.simulate.signals import KINDS

__all__ = [
    "FAULTS",
    "KINDS",
    "Fault",
    "NewDevice",
    "Outcome",
    "Over",
    "Progress",
    "Register",
    "register_over_http",
    "simulate",
]
