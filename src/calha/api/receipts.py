"""What the sender of a message is told over HTTP, the same at a hub and at a gateway."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from calha.api.problems import problem
from calha.api.schemas import Accepted, Fault
from calha.domain.errors import RegistryUnavailable
from calha.ingest.decode import Problem
from calha.ingest.service import MAX_ERRORS_IN_RECEIPT, Receipt


def answer(receipt: Receipt, request: Request) -> Response:
    faults = [_fault(fault) for fault in receipt.problems[:MAX_ERRORS_IN_RECEIPT]]
    is_put_off = all(fault.reason == RegistryUnavailable.reason for fault in receipt.problems)
    if receipt.problems and not receipt.accepted and not is_put_off:
        is_unknown = all(fault.reason == "unknown_device" for fault in receipt.problems)
        first = receipt.problems[0]
        return problem(
            404 if is_unknown else 422,
            "Unknown device" if is_unknown else "Cannot be read",
            f"{first.detail}. The message is kept in quarantine and can be replayed.",
            request,
            reason=first.reason,
            errors=[fault.model_dump() for fault in faults],
        )
    accepted = Accepted(accepted=receipt.accepted, quarantined=receipt.quarantined, seq=receipt.seq, errors=faults)
    return JSONResponse(accepted.model_dump())


def _fault(fault: Problem) -> Fault:
    return Fault(device=fault.device, reason=fault.reason, detail=fault.detail, readings=fault.readings)
