"""mmWave beam selection: keep a narrow beam on a user who walks and gets hidden."""

from __future__ import annotations

from typing import Any

from nisqdl.environments.beams.baselines import BASELINES
from nisqdl.environments.beams.dynamics import HIGHEST_DB, LOWEST_DB, BeamOptions, Beams
from nisqdl.environments.contract import Environment, Portrait, Quantity
from nisqdl.environments.encoding import Encoding

_SNR = f"0 at {LOWEST_DB:g} dB, 1 at {HIGHEST_DB:g} dB"
_PLACE = "−1 to 1 across the sector, 0 for none"


def _features(options: Any) -> tuple[Quantity, ...]:
    return (
        Quantity("last beam", _PLACE),
        Quantity("SNR with it", _SNR),
        Quantity("beam before", _PLACE),
        Quantity("SNR with it", _SNR),
    )


def _actions(options: Any) -> tuple[str, ...]:
    import numpy as np

    angles = np.degrees(np.arcsin(Beams(options).directions))
    return tuple(f"beam {beam} at {angle:.0f}°" for beam, angle in enumerate(angles))


BEAMS = Environment(
    name="beams",
    summary="pick the beam for a user who walks and is hidden at times",
    source=(
        "uniform linear array and codebook as in Heath et al. 2016 (arXiv:1512.03007); a direct"
        " path with on-off blockage, a reflected one, a user who walks and turns: our own model"
    ),
    options=BeamOptions,
    rules=Beams,
    features=_features,
    actions=_actions,
    reward="spectral efficiency of the slot, log2(1 + SNR), in bit/s/Hz",
    encoding=lambda options: Encoding((-1.0, 0.0) * 2, (1.0, 1.0) * 2),
    baselines=BASELINES,
    portrait=Portrait("SNR of the chosen beam (dB)", lambda state: state.snr_db[:, 0]),
)
