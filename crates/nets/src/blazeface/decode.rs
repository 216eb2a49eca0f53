//! From raw network values to boxes, as the options of MediaPipe's face detection graphs prescribe
//! (`SsdAnchorsCalculatorOptions`, `TensorsToDetectionsCalculatorOptions`): fixed anchor size 1, centre offset
//! 0.5, values in input pixels, x before y, scores through a sigmoid after clipping to ±100.

use super::Range;

/// The network's answer for one image, anchor by anchor.
#[derive(Debug, Clone, PartialEq)]
pub struct RawBoxes {
    /// The detector it came from.
    pub range: Range,
    /// Raw score per anchor; its sigmoid is the probability of a face.
    pub logits: Vec<f32>,
    /// Per anchor: centre x, y, width, height, then x, y of six key points; all in input pixels, positions
    /// relative to the anchor's centre.
    pub boxes: Vec<[f32; 16]>,
}

/// A face candidate. Positions and sizes are fractions of the input square (0..1, beyond where a face is cut off).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlazeFaceBox {
    /// Probability of a face, 0..1.
    pub face: f32,
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
    /// x, y of left eye, right eye, nose tip, mouth centre, left ear, right ear (left and right as seen in the picture).
    pub points: [[f32; 2]; 6],
}

impl RawBoxes {
    /// Candidates of at least `min_face` probability, in anchor order. MediaPipe uses 0.5 (short range) and
    /// 0.6 (full range).
    #[must_use]
    pub fn decode(&self, min_face: f32) -> Vec<BlazeFaceBox> {
        let scale = 1.0 / self.range.size() as f32;
        let anchors = anchors(self.range).zip(&self.logits).zip(&self.boxes);
        anchors
            .filter_map(|(([ax, ay], &logit), raw)| {
                let face = 1.0 / (1.0 + (-logit.clamp(-100.0, 100.0)).exp());
                if face < min_face {
                    return None;
                }
                let [dx, dy, w, h, points @ ..] = raw.map(|v| v * scale);
                let mut at = [[0.0; 2]; 6];
                for (to, [px, py]) in at.iter_mut().zip(points.as_chunks::<2>().0) {
                    *to = [px + ax, py + ay];
                }
                Some(BlazeFaceBox { face, x: dx + ax - w / 2.0, y: dy + ay - h / 2.0, w, h, points: at })
            })
            .collect()
    }
}

/// Anchor centres as fractions of the input, in the network's order: row by row, several at one place.
fn anchors(range: Range) -> impl Iterator<Item = [f32; 2]> {
    // (cells per side, anchors per cell) of each output map.
    let maps: &[(usize, usize)] = match range {
        Range::Short => &[(16, 2), (8, 6)],
        Range::Full => &[(48, 1)],
    };
    maps.iter().flat_map(|&(side, repeat)| {
        (0..side * side * repeat).map(move |i| {
            let cell = i / repeat;
            let centre = |k: usize| (k as f32 + 0.5) / side as f32;
            [centre(cell % side), centre(cell / side)]
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_anchor_per_network_output() {
        for range in [Range::Short, Range::Full] {
            assert_eq!(anchors(range).count(), range.anchors());
        }
        let short: Vec<_> = anchors(Range::Short).collect();
        assert_eq!(short[0], [0.03125, 0.03125]);
        assert_eq!(short[1], short[0]);
        assert_eq!(short[2], [0.09375, 0.03125]);
        assert_eq!(short[512], [0.0625, 0.0625]);
        assert_eq!(short[895], [0.9375, 0.9375]);
    }

    #[test]
    fn a_box_is_decoded_around_its_anchor() {
        let mut raw = RawBoxes { range: Range::Short, logits: vec![-9.0; 896], boxes: vec![[0.0; 16]; 896] };
        raw.logits[2] = 0.0;
        raw.boxes[2] = [12.8, -1.28, 64.0, 32.0, 1.28, 2.56, 0., 0., 0., 0., 0., 0., 0., 0., -12.8, 128.0];
        let found = raw.decode(0.5);
        assert_eq!(found.len(), 1);
        let b = found[0];
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-6, "{a} {b}");
        close(b.face, 0.5);
        close(b.x, 0.09375 + 0.1 - 0.25);
        close(b.y, 0.03125 - 0.01 - 0.125);
        close(b.w, 0.5);
        close(b.h, 0.25);
        close(b.points[0][0], 0.09375 + 0.01);
        close(b.points[0][1], 0.03125 + 0.02);
        close(b.points[5][0], 0.09375 - 0.1);
        close(b.points[5][1], 1.03125);
    }

    #[test]
    fn wild_scores_do_not_overflow() {
        let mut raw = RawBoxes { range: Range::Full, logits: vec![-1e30; 2304], boxes: vec![[0.0; 16]; 2304] };
        raw.logits[7] = 1e30;
        let found = raw.decode(0.6);
        assert_eq!(found.iter().map(|b| b.face).collect::<Vec<_>>(), [1.0]);
    }
}
