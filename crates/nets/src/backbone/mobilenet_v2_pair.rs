//! Two MobileNetV2 that were trained apart, side by side: the linear layer sees the channels of both, so that it can
//! take the mean of what they say. Networks of different descent err on different pictures (Lakshminarayanan et al.
//! 2017, "Deep ensembles").

use candle_nn::VarBuilder;

use crate::backbone::mobilenet_v2::{CHANNELS, EPS, blocks};
use crate::backbone::plan::{Block, Plan, Reader};
use crate::cpu::Activation;
use crate::error::NetsError;

/// Input `[n, 3, h, w]`, last feature map `[n, 2560, h / 32, w / 32]`: the channels of `first`, then of `second`.
pub(crate) fn plan(vb: VarBuilder<'_>, classes: usize) -> Result<Plan, NetsError> {
    let one = |name: &str| blocks(&Reader { vb: vb.pp(name), eps: EPS });
    let pair = Block::Pair { first: one("first")?, second: one("second")? };
    let head = Reader { vb: vb.clone(), eps: EPS }.dense("classifier", [classes, 2 * CHANNELS], Activation::None)?;
    Ok(Plan { blocks: vec![pair], head: vec![head] })
}
