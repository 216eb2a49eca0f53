//! The closed list of networks that this crate can run.

use serde::{Deserialize, Serialize};

use crate::card::Task;

/// A network by its name in `card.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Architecture {
    /// BlazeFace for selfies, 128 × 128.
    BlazefaceShort,
    /// BlazeFace for whole scenes, 192 × 192.
    BlazefaceFull,
    /// The image encoder of CLIP ViT-B/16 as transformers names its tensors, frozen, under a head of ours.
    ClipVitB16,
    /// EfficientNet-B0 as torchvision names its tensors.
    EfficientnetB0,
    /// EfficientNet-Lite0: ReLU6, no squeeze-and-excite.
    EfficientnetLite0,
    /// Four convolutions and three linear layers on the strip of a crop that holds the eyes.
    EyeStrip,
    /// Face mesh of 468 points, 192 × 192.
    FaceMesh,
    /// MobileNetV2 as torchvision names its tensors.
    MobilenetV2,
    /// Two MobileNetV2 side by side, prefixed `first.` and `second.`, under one linear layer.
    MobilenetV2Pair,
    /// MobileNetV3-Small as torchvision names its tensors.
    MobilenetV3Small,
    /// Four convolutions and three linear layers on the strip of a crop that holds the mouth.
    MouthStrip,
    /// P-Net, R-Net and O-Net in one file, prefixed `pnet.`, `rnet.`, `onet.`.
    Mtcnn,
    /// ResNet-18 as torchvision names its tensors.
    Resnet18,
    /// ResNet-18 whose stem sees a fourth channel: the Laplacian of luma, computed inside the net.
    Resnet18Edges,
    /// ViT-S/16 as timm names its tensors.
    VitS16,
}

impl Architecture {
    /// All of them, in order of name.
    pub const ALL: [Self; 15] = [
        Self::BlazefaceShort,
        Self::BlazefaceFull,
        Self::ClipVitB16,
        Self::EfficientnetB0,
        Self::EfficientnetLite0,
        Self::EyeStrip,
        Self::FaceMesh,
        Self::MobilenetV2,
        Self::MobilenetV2Pair,
        Self::MobilenetV3Small,
        Self::MouthStrip,
        Self::Mtcnn,
        Self::Resnet18,
        Self::Resnet18Edges,
        Self::VitS16,
    ];

    /// The name in `card.toml` and in every result.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BlazefaceShort => "blazeface-short",
            Self::BlazefaceFull => "blazeface-full",
            Self::ClipVitB16 => "clip-vit-b16",
            Self::EfficientnetB0 => "efficientnet-b0",
            Self::EfficientnetLite0 => "efficientnet-lite0",
            Self::EyeStrip => "eye-strip",
            Self::FaceMesh => "face-mesh",
            Self::MobilenetV2 => "mobilenet-v2",
            Self::MobilenetV2Pair => "mobilenet-v2-pair",
            Self::MobilenetV3Small => "mobilenet-v3-small",
            Self::MouthStrip => "mouth-strip",
            Self::Mtcnn => "mtcnn",
            Self::Resnet18 => "resnet18",
            Self::Resnet18Edges => "resnet18-edges",
            Self::VitS16 => "vit-s16",
        }
    }

    /// Whether its card names a file of its own for a large encoder that is not committed, beside the weights of the
    /// head.
    pub const fn has_encoder(self) -> bool {
        matches!(self, Self::ClipVitB16)
    }

    /// Whether it is a transformer, which has no map of classes.
    pub const fn is_transformer(self) -> bool {
        matches!(self, Self::ClipVitB16 | Self::VitS16)
    }

    /// Whether the network can do this task.
    pub const fn fits(self, task: Task) -> bool {
        match self {
            Self::Mtcnn | Self::BlazefaceShort | Self::BlazefaceFull => matches!(task, Task::FaceDetection),
            Self::FaceMesh => matches!(task, Task::FaceLandmarks),
            _ => task.scores(),
        }
    }
}

impl std::fmt::Display for Architecture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_one_that_cards_use() {
        for a in Architecture::ALL {
            assert_eq!(serde_json::to_value(a).unwrap(), a.name());
        }
    }
}
