//! Writes what a recipe would train on as pictures, with a list of them: for learners outside this program.
//!
//!     cargo run --release -p train --example draw_crops -- RECIPE.toml FOLDER side steps [seed]
//!
//! FOLDER gets `SSSSS-NNN.png`, as a network would be given them, and `crops.csv` with the columns path and label. Crops
//! of one couple, the real and the fake made of it, follow each other.

use std::io::Write as _;
use std::path::Path;

use train::Batches as _;
use train::augment::{DataRecipe, Mixture};
use train::base::Ctx;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [recipe, folder, side, steps, more @ ..] = arguments.as_slice() else {
        return Err("usage: draw_crops RECIPE.toml FOLDER side steps [seed]".into());
    };
    let (side, steps) = (side.parse::<u32>()?, steps.parse::<u64>()?);
    let seed = more.first().map_or(Ok(0), |text| text.parse())?;
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)?;
    let mut recipe = DataRecipe::read(Path::new(recipe))?;
    recipe.models = Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models"));
    let mixture = Mixture::open(&recipe, seed, side as usize, &Ctx::silent())?;
    let mut list = std::io::BufWriter::new(std::fs::File::create(folder.join("crops.csv"))?);
    writeln!(list, "path,label")?;
    for step in 0..steps {
        let batch = mixture.batch(step)?;
        let crops = batch.pixels.chunks_exact((side * side * 3) as usize);
        for (i, (crop, label)) in crops.zip(&batch.labels).enumerate() {
            let name = format!("{step:05}-{i:03}.png");
            image::save_buffer(folder.join(&name), crop, side, side, image::ExtendedColorType::Rgb8)?;
            writeln!(list, "{name},{}", if *label > 0.5 { "fake" } else { "real" })?;
        }
    }
    Ok(list.flush()?)
}
