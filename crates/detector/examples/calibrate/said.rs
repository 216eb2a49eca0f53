//! What the product says with both detectors at once.

use crate::fit::Bands;
use crate::rows::Row;

/// Counts verdicts by list and label. Clips count by their longest track, `videos` by its `val` rows only.
pub fn said(rows: &[Row], bands: &[Bands; 2]) {
    println!(
        "\n# Both\n\n| | n | suspected | inconclusive | no indication | not examined |\n|---|---|---|---|---|---|"
    );
    for list in ["stills", "videos", "media"] {
        for label in ["real", "fake"] {
            let of = |r: &&Row| r.list == list && r.label == label && (list != "videos" || r.split == "val");
            let mut counts = [0usize; 4];
            rows.iter().filter(of).for_each(|r| counts[word(r, bands)] += 1);
            let [suspected, inconclusive, none, refused] = counts;
            let n: usize = counts.iter().sum();
            println!("| {list}, {label} | {n} | {suspected} | {inconclusive} | {none} | {refused} |");
        }
    }
}

fn word(r: &Row, [generated, swapped]: &[Bands; 2]) -> usize {
    let (true, Some(g), Some(s)) = (r.usable, r.generated, r.swapped) else { return 3 };
    let (g, s) = (generated.score(g), swapped.score(s));
    match () {
        () if g >= generated.high || s >= swapped.high => 0,
        () if g < generated.low && s < swapped.low => 2,
        () => 1,
    }
}
