"""Feature maps by name. A new one is one file here and one line in the table."""

from __future__ import annotations

from nisqdl.catalog import Table
from nisqdl.circuits.feature_maps.amplitude import AMPLITUDE
from nisqdl.circuits.feature_maps.angle import ANGLE, ANGLE_X, ANGLE_Y, ANGLE_Z
from nisqdl.circuits.feature_maps.contract import FeatureMap
from nisqdl.circuits.feature_maps.dense_angle import DENSE_ANGLE
from nisqdl.circuits.feature_maps.hybrid import HYBRID
from nisqdl.circuits.feature_maps.iqp import IQP
from nisqdl.circuits.feature_maps.tilted import TILTED
from nisqdl.circuits.feature_maps.z import Z
from nisqdl.circuits.feature_maps.zz import ZZ
from nisqdl.circuits.feature_maps.zz_chain import ZZ_CHAIN

FEATURE_MAPS: Table[FeatureMap] = Table(
    "feature map",
    {
        "angle": ANGLE,
        "angle_x": ANGLE_X,
        "angle_y": ANGLE_Y,
        "angle_z": ANGLE_Z,
        "dense_angle": DENSE_ANGLE,
        "hybrid": HYBRID,
        "z": Z,
        "zz": ZZ,
        "zz_chain": ZZ_CHAIN,
        "iqp": IQP,
        "tilted": TILTED,
        "amplitude": AMPLITUDE,
    },
)
