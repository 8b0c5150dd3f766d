"""Pauli paths: second moments of gradients as a chain on Pauli strings, at the scale of devices.

Modules, in the order in which a call walks them: :mod:`variance` (the public function),
:mod:`observable`, :mod:`lowering` (with :mod:`maps`, :mod:`steps`, :mod:`fusion`), then either
:mod:`chain` (exact, to 8 qubits) or :mod:`coherence`, :mod:`guide`, :mod:`populations` and
:mod:`walk` (sampled).
"""
