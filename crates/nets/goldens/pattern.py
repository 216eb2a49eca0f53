"""The test picture of the golden files, by formula, so that no image needs to be stored.

The Rust twin is `pattern` in tests/golden/mod.rs.
"""

import numpy as np


def pattern(n: int, h: int, w: int, seed: int) -> np.ndarray:
    """RGB bytes [n, h, w, 3]: a slanted ramp per channel under noise from a multiplicative hash."""
    b, y, x, c = np.meshgrid(np.arange(n), np.arange(h), np.arange(w), np.arange(3), indexing="ij")
    index = ((b * h + y) * w + x) * 3 + c + seed * 7919
    noise = (index.astype(np.uint64) * 2654435761 % 2**32) >> np.uint64(24)
    ramp = 3 * (x + 2 * y + 40 * c + 11 * b + seed)
    return ((noise.astype(np.int64) + ramp) // 2 % 256).astype(np.uint8)
