//! Where tensors live.

use std::str::FromStr;

use base::{Ctx, Warning, WarningCode};
pub use candle_core::Device;
use serde::{Deserialize, Serialize};

use crate::error::NetsError;

/// What the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeviceChoice {
    /// A GPU where this build and machine have one, the CPU otherwise.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The first NVIDIA GPU; needs the `cuda` feature.
    Cuda,
    /// The Apple GPU; needs the `metal` feature.
    Metal,
}

impl FromStr for DeviceChoice {
    type Err = NetsError;

    fn from_str(s: &str) -> Result<Self, NetsError> {
        match s {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda),
            "metal" => Ok(Self::Metal),
            other => Err(NetsError::UnknownDevice(other.to_owned())),
        }
    }
}

/// Opens the device. `Auto` tries CUDA, then Metal, then takes the CPU with a
/// [`WarningCode::DeviceFallback`] that says why.
///
/// # Errors
/// [`NetsError::DeviceUnavailable`] when a GPU was asked for by name and this build or machine has none.
pub fn select(choice: DeviceChoice, ctx: &Ctx<'_>) -> Result<Device, NetsError> {
    match choice {
        DeviceChoice::Cpu => Ok(Device::Cpu),
        DeviceChoice::Cuda => cuda(),
        DeviceChoice::Metal => metal(),
        DeviceChoice::Auto => Ok(cuda().or_else(|no_cuda| {
            metal().or_else(|no_metal| {
                ctx.warn(Warning::new(WarningCode::DeviceFallback, format!("using the cpu: {no_cuda}; {no_metal}")));
                Ok::<_, NetsError>(Device::Cpu)
            })
        })?),
    }
}

/// `cpu`, `cuda` or `metal`, as results name it.
pub fn name(device: &Device) -> &'static str {
    match device {
        Device::Cpu => "cpu",
        Device::Cuda(_) => "cuda",
        Device::Metal(_) => "metal",
    }
}

fn cuda() -> Result<Device, NetsError> {
    unless_built(cfg!(feature = "cuda"), "cuda")?;
    Device::new_cuda(0).map_err(|e| NetsError::DeviceUnavailable { device: "cuda", reason: first_line(&e) })
}

fn metal() -> Result<Device, NetsError> {
    unless_built(cfg!(feature = "metal"), "metal")?;
    Device::new_metal(0).map_err(|e| NetsError::DeviceUnavailable { device: "metal", reason: first_line(&e) })
}

fn unless_built(built: bool, device: &'static str) -> Result<(), NetsError> {
    if built { Ok(()) } else { Err(NetsError::DeviceUnavailable { device, reason: "not part of this build".into() }) }
}

fn first_line(e: &candle_core::Error) -> String {
    e.to_string().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_always_there_and_silent() {
        let ctx = Ctx::silent();
        assert!(select(DeviceChoice::Cpu, &ctx).unwrap().is_cpu());
        assert!(ctx.take_warnings().is_empty());
    }

    #[test]
    #[cfg(not(any(feature = "cuda", feature = "metal")))]
    fn auto_falls_back_and_says_so() {
        let ctx = Ctx::silent();
        assert!(select(DeviceChoice::Auto, &ctx).unwrap().is_cpu());
        let codes: Vec<_> = ctx.take_warnings().into_iter().map(|w| w.code).collect();
        assert_eq!(codes, [WarningCode::DeviceFallback]);
    }

    #[test]
    #[cfg(not(any(feature = "cuda", feature = "metal")))]
    fn a_gpu_asked_for_by_name_is_never_replaced() {
        for choice in [DeviceChoice::Cuda, DeviceChoice::Metal] {
            let ctx = Ctx::silent();
            let message = select(choice, &ctx).unwrap_err().to_string();
            assert!(message.contains("not part of this build"), "{message}");
            assert!(ctx.take_warnings().is_empty());
        }
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for (text, choice) in [("auto", DeviceChoice::Auto), ("cpu", DeviceChoice::Cpu), ("cuda", DeviceChoice::Cuda)] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap(), choice);
        }
        assert!("gpu".parse::<DeviceChoice>().unwrap_err().to_string().contains("`gpu`"));
    }
}
