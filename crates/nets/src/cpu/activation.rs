//! Activations that a layer applies before it stores its output.

/// What happens to each output value after bias and residual.
#[derive(Debug, Clone, PartialEq)]
pub enum Activation {
    /// `x`
    None,
    /// `max(x, 0)`
    Relu,
    /// `min(max(x, 0), 6)`
    Relu6,
    /// `x` where positive, else `slope[channel] * x`.
    Prelu(Vec<f32>),
    /// `x / (1 + exp(-x))`
    Silu,
    /// `x * min(max(x + 3, 0), 6) / 6`
    HardSwish,
}

impl Activation {
    /// The plain definition, for channel `channel`.
    pub(crate) fn apply(&self, x: f32, channel: usize) -> f32 {
        match self {
            Self::None => x,
            Self::Relu => x.max(0.0),
            Self::Relu6 => x.clamp(0.0, 6.0),
            Self::Prelu(slopes) => x.max(0.0) + slopes.get(channel).copied().unwrap_or(0.0) * x.min(0.0),
            Self::Silu => x / (1.0 + (-x).exp()),
            Self::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
        }
    }

    /// The same with its slopes padded by zeros to a multiple of `lanes`, so that kernels load whole vectors.
    pub(crate) fn padded(self, lanes: usize) -> Self {
        match self {
            Self::Prelu(mut slopes) => {
                slopes.resize(slopes.len().next_multiple_of(lanes), 0.0);
                Self::Prelu(slopes)
            }
            other => other,
        }
    }

    /// Asserts one slope per channel.
    pub(crate) fn assert_fits(&self, channels: usize) {
        if let Self::Prelu(slopes) = self {
            assert_eq!(slopes.len(), channels, "PReLU has one slope per channel");
        }
    }
}
