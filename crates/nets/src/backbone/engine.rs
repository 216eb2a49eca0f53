//! How blocks run: once, over whatever computes the layers.

use crate::backbone::plan::{Block, ConvPlan, GatePlan, Skip};
use crate::error::NetsError;

/// Something that computes layers on feature maps of its own kind.
pub(crate) trait Engine {
    /// A batch of feature maps.
    type Map;
    /// A convolution made ready.
    type Conv;
    /// A squeeze-and-excite gate made ready.
    type Gate;

    /// Makes a convolution ready.
    fn build_conv(&self, plan: &ConvPlan) -> Result<Self::Conv, NetsError>;
    /// Makes a gate ready.
    fn build_gate(&self, plan: &GatePlan) -> Result<Self::Gate, NetsError>;
    /// Convolution, bias, activation.
    fn conv(&self, layer: &Self::Conv, x: &Self::Map) -> Result<Self::Map, NetsError>;
    /// Convolution, bias, `residual` added, activation.
    fn conv_add(&self, layer: &Self::Conv, x: &Self::Map, residual: &Self::Map) -> Result<Self::Map, NetsError>;
    /// A depthwise convolution of what a widening one makes of `x`.
    fn expand(&self, wide: &Self::Conv, depthwise: &Self::Conv, x: &Self::Map) -> Result<Self::Map, NetsError> {
        self.conv(depthwise, &self.conv(wide, x)?)
    }
    /// Each channel times its factor.
    fn gate(&self, gate: &Self::Gate, x: Self::Map) -> Result<Self::Map, NetsError>;
    /// A 1 × 1 convolution of `x` with each channel times its factor; `residual` is added before the activation.
    fn gated(
        &self,
        gate: &Self::Gate,
        project: &Self::Conv,
        x: Self::Map,
        residual: Option<&Self::Map>,
    ) -> Result<Self::Map, NetsError> {
        let weighed = self.gate(gate, x)?;
        match residual {
            Some(residual) => self.conv_add(project, &weighed, residual),
            None => self.conv(project, &weighed),
        }
    }
    /// The largest of 3 × 3, stride 2, padding 1, of values that are not negative.
    fn max_pool(&self, x: &Self::Map) -> Result<Self::Map, NetsError>;
    /// The channels of `first`, then those of `second`.
    fn join(&self, first: &Self::Map, second: &Self::Map) -> Result<Self::Map, NetsError>;
}

/// The convolutional part of a network, ready to run on one engine.
pub(crate) struct Trunk<E: Engine> {
    pub engine: E,
    pub(super) blocks: Vec<Block<E::Conv, E::Gate>>,
}

impl<E: Engine> Trunk<E> {
    /// Makes every layer of the plan ready.
    pub fn build(engine: E, plan: &[Block<ConvPlan, GatePlan>]) -> Result<Self, NetsError> {
        let blocks = plan.iter().map(|b| build(&engine, b)).collect::<Result<_, _>>()?;
        Ok(Self { engine, blocks })
    }

    /// From pixels to the last feature map.
    pub fn features(&self, pixels: E::Map) -> Result<E::Map, NetsError> {
        self.blocks.iter().try_fold(pixels, |x, block| self.step(block, &x))
    }

    /// Through blocks of which there is at least one.
    fn chain(&self, blocks: &[Block<E::Conv, E::Gate>], x: &E::Map) -> Result<E::Map, NetsError> {
        let (first, rest) = blocks.split_first().ok_or(NetsError::Unsupported("a network without layers"))?;
        rest.iter().try_fold(self.step(first, x)?, |x, block| self.step(block, &x))
    }

    /// Through one block.
    pub(super) fn step(&self, block: &Block<E::Conv, E::Gate>, x: &E::Map) -> Result<E::Map, NetsError> {
        let e = &self.engine;
        match block {
            Block::Conv(c) => e.conv(c, x),
            Block::MaxPool => e.max_pool(x),
            Block::Inverted { expand, depthwise, gate, project, skip } => {
                let filtered = match expand {
                    Some(wide) => e.expand(wide, depthwise, x)?,
                    None => e.conv(depthwise, x)?,
                };
                let residual = (*skip == Skip::Add).then_some(x);
                match (gate, residual) {
                    (Some(g), _) => e.gated(g, project, filtered, residual),
                    (None, Some(residual)) => e.conv_add(project, &filtered, residual),
                    (None, None) => e.conv(project, &filtered),
                }
            }
            Block::Basic { first, second, shortcut } => {
                let inner = e.conv(first, x)?;
                match shortcut {
                    Some(s) => e.conv_add(second, &inner, &e.conv(s, x)?),
                    None => e.conv_add(second, &inner, x),
                }
            }
            Block::Pair { first, second } => e.join(&self.chain(first, x)?, &self.chain(second, x)?),
        }
    }
}

fn build<E: Engine>(engine: &E, block: &Block<ConvPlan, GatePlan>) -> Result<Block<E::Conv, E::Gate>, NetsError> {
    let conv = |c: &ConvPlan| engine.build_conv(c);
    Ok(match block {
        Block::Conv(c) => Block::Conv(conv(c)?),
        Block::MaxPool => Block::MaxPool,
        Block::Inverted { expand, depthwise, gate, project, skip } => Block::Inverted {
            expand: expand.as_ref().map(conv).transpose()?,
            depthwise: conv(depthwise)?,
            gate: gate.as_ref().map(|g| engine.build_gate(g)).transpose()?,
            project: conv(project)?,
            skip: *skip,
        },
        Block::Basic { first, second, shortcut } => Block::Basic {
            first: conv(first)?,
            second: conv(second)?,
            shortcut: shortcut.as_ref().map(conv).transpose()?,
        },
        Block::Pair { first, second } => {
            let chain = |blocks: &[_]| blocks.iter().map(|b| build(engine, b)).collect::<Result<_, _>>();
            Block::Pair { first: chain(first)?, second: chain(second)? }
        }
    })
}
