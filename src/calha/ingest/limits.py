"""How much one device may send, so that a noisy one does not take the share of the others."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IngestLimits:
    """Per device. Over `messages_per_s` (after a burst of `burst_messages`): HTTP 429, TCP refusal, MQTT quarantine."""

    messages_per_s: float = 200.0
    burst_messages: int = 2_000
    payload_bytes: int = 8 * 1024 * 1024
    message_bytes: int = 1024 * 1024  # of one MQTT message or one TCP line


class MessageRate:
    """Token bucket per device, kept as the time at which the device's bucket is full again (GCRA, ITU-T I.371)."""

    MAX_DEVICES = 200_000

    def __init__(self, limits: IngestLimits) -> None:
        self._interval_us = 1_000_000 / limits.messages_per_s
        self._burst_us = limits.burst_messages * self._interval_us
        self._full_again_at: dict[str, float] = {}

    def admits(self, device: str, now_us: int) -> bool:
        """Whether one more message of `device` may pass at `now_us`, which it then has."""
        full_again_at = self._full_again_at.get(device, 0.0)
        is_after_a_step_back = full_again_at - now_us > self._burst_us + 2 * self._interval_us
        if full_again_at < now_us or is_after_a_step_back:
            full_again_at = now_us
        if full_again_at - now_us > self._burst_us:
            return False
        if len(self._full_again_at) >= self.MAX_DEVICES and device not in self._full_again_at:
            self._forget_full(now_us)
        self._full_again_at[device] = full_again_at + self._interval_us
        return True

    def retry_after_s(self, device: str, now_us: int) -> float:
        """Seconds after which `device` may send again."""
        return max(0.0, (self._full_again_at.get(device, 0.0) - now_us - self._burst_us) / 1_000_000)

    def _forget_full(self, now_us: int) -> None:
        known = list(self._full_again_at.items())  # at once, as large messages are decoded in threads
        self._full_again_at = {key: at for key, at in known if at > now_us}
