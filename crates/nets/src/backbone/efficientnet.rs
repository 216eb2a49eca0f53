//! What the EfficientNets share: their stages (Tan and Le 2019, table 1).

/// Expansion, kernel, stride of the first, output channels, repeats.
pub(crate) const STAGES: [[usize; 5]; 7] = [
    [1, 3, 1, 16, 1],
    [6, 3, 2, 24, 2],
    [6, 5, 2, 40, 2],
    [6, 3, 2, 80, 3],
    [6, 5, 1, 112, 3],
    [6, 5, 2, 192, 4],
    [6, 3, 1, 320, 1],
];
