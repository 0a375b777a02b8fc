"""When the receiver looks, waits and gives up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Durations of the receiver, in seconds.

    Attributes:
        sweep_s: Between two looks at the sockets of cameras that play; packets wait in the
            kernel meanwhile, which costs far less than waking for each.
        udp_sweep_s: The same for UDP, whose kernel buffers are small.
        answer_s: From the first attempt to connect until the camera plays.
        silence_s: Without any packet, until a camera is given up and tried again.
        no_keyframe_s: Without a complete keyframe, until the same.
        retry_first_s: Wait after the first failure; doubles, with jitter.
        retry_longest_s: Longest wait, and the wait after a refused login.
    """

    sweep_s: float = 0.25
    udp_sweep_s: float = 0.02
    answer_s: float = 10.0
    silence_s: float = 10.0
    no_keyframe_s: float = 60.0
    retry_first_s: float = 1.0
    retry_longest_s: float = 30.0
