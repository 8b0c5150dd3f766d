"""Pauli paths: second moments of gradients as a chain on Pauli strings, at the scale of devices.

Modules, in the order in which a call walks them: :mod:`variance` (the public function),
:mod:`observable`, :mod:`lowering` (with :mod:`maps`, :mod:`steps`, :mod:`fusion`), then either
:mod:`chain` (exact, to 8 qubits) or :mod:`coherence`, :mod:`sampling` with :mod:`scouts`,
:mod:`guide`, :mod:`populations`, :mod:`walk` and :mod:`spread` (sampled).
"""
