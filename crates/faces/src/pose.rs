//! Which way a head is turned, from five landmarks.

use base::Point;

/// Angles in degrees as seen in the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pose {
    /// Turned towards the right edge of the picture: positive.
    pub yaw_deg: f32,
    /// Looking down: positive. Rough: people's noses differ more than their eyes.
    pub pitch_deg: f32,
    /// Tilted clockwise: positive.
    pub roll_deg: f32,
}

/// Left eye, right eye, nose tip, left and right corner of the mouth of a mean face, in cm: x to the right of
/// the picture, y down, z away from the viewer. From MediaPipe's canonical face model (vertices 33 and 133,
/// 263 and 362, 1, 61, 291).
const MEAN_FACE: [[f32; 3]; 5] = [
    [-3.151, -2.625, -3.466],
    [3.151, -2.625, -3.466],
    [0.0, 1.127, -7.476],
    [-2.456, 4.343, -4.284],
    [2.456, 4.343, -4.284],
];

impl Pose {
    /// The turn of the mean face whose scaled orthographic projection comes closest (least squares) to the
    /// landmarks, after the eyes were made level.
    pub fn of(landmarks: &[Point; 5]) -> Self {
        let [left, right, ..] = *landmarks;
        let roll = (right.y - left.y).atan2(right.x - left.x);
        let (sin, cos) = roll.sin_cos();
        let level = landmarks.map(|p| [p.x * cos + p.y * sin, p.y * cos - p.x * sin]);
        let mean = |of: &dyn Fn(usize) -> f32| (0..5).map(of).sum::<f32>() / 5.0;
        let nth = |points: &[[f32; 2]; 5], i: usize, axis: usize| {
            points.get(i).and_then(|p| p.get(axis)).copied().unwrap_or(0.0)
        };
        let model = |i: usize, axis: usize| MEAN_FACE.get(i).and_then(|p| p.get(axis)).copied().unwrap_or(0.0);
        let (my, mz) = (mean(&|i| model(i, 1)), mean(&|i| model(i, 2)));
        let sum = |of: &dyn Fn(usize) -> f32| (0..5).map(of).sum::<f32>();
        let y = |i| model(i, 1) - my;
        let z = |i| model(i, 2) - mz;
        // The model is symmetric, so its x axis is orthogonal to y and z and the fit falls apart into 1 + 2
        // unknowns for each coordinate of the picture.
        let (yy, zz, yz) = (sum(&|i| y(i) * y(i)), sum(&|i| z(i) * z(i)), sum(&|i| y(i) * z(i)));
        let det = yy * zz - yz * yz;
        let fit = |axis: usize| {
            let center = mean(&|i| nth(&level, i, axis));
            let q = |i| nth(&level, i, axis) - center;
            let x = sum(&|i| q(i) * model(i, 0)) / sum(&|i| model(i, 0) * model(i, 0));
            let (qy, qz) = (sum(&|i| q(i) * y(i)), sum(&|i| q(i) * z(i)));
            [x, (qy * zz - qz * yz) / det, (qz * yy - qy * yz) / det]
        };
        let ([xx, _, xz], [_, yy, yz]) = (fit(0), fit(1));
        Self {
            yaw_deg: (-xz).atan2(xx).to_degrees(),
            pitch_deg: (-yz).atan2(yy).to_degrees(),
            roll_deg: roll.to_degrees(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean face turned by yaw, then tilted by pitch, then rolled, seen from afar at 10 px/cm.
    fn seen(yaw: f32, pitch: f32, roll: f32) -> [Point; 5] {
        let (sy, cy) = yaw.to_radians().sin_cos();
        let (sp, cp) = pitch.to_radians().sin_cos();
        let (sr, cr) = roll.to_radians().sin_cos();
        MEAN_FACE.map(|[x, y, z]| {
            let (x, z) = (x * cy - z * sy, x * sy + z * cy);
            let y = y * cp - z * sp;
            Point::new(300.0 + 10.0 * (x * cr - y * sr), 200.0 + 10.0 * (x * sr + y * cr))
        })
    }

    #[test]
    fn single_turns_are_recovered() {
        for angle in [-60.0, -25.0, 0.0, 10.0, 45.0] {
            let yaw = Pose::of(&seen(angle, 0.0, 0.0));
            assert!((yaw.yaw_deg - angle).abs() < 0.5 && yaw.roll_deg.abs() < 0.5, "yaw {angle}: {yaw:?}");
            let roll = Pose::of(&seen(0.0, 0.0, angle));
            assert!((roll.roll_deg - angle).abs() < 0.5 && roll.yaw_deg.abs() < 0.5, "roll {angle}: {roll:?}");
        }
        for angle in [-25.0, 0.0, 25.0] {
            let pitch = Pose::of(&seen(0.0, angle, 0.0));
            assert!((pitch.pitch_deg - angle).abs() < 0.5 && pitch.yaw_deg.abs() < 0.5, "pitch {angle}: {pitch:?}");
        }
    }

    #[test]
    fn turns_together_are_recovered_roughly() {
        let pose = Pose::of(&seen(40.0, 10.0, -15.0));
        assert!((pose.yaw_deg - 40.0).abs() < 5.0 && (pose.roll_deg + 15.0).abs() < 10.0, "{pose:?}");
    }

    #[test]
    fn a_nose_to_the_right_is_a_turn_to_the_right() {
        let marks = [[30.0, 40.0], [70.0, 40.0], [60.0, 60.0], [38.0, 80.0], [66.0, 80.0]].map(Point::from);
        assert!(Pose::of(&marks).yaw_deg > 15.0);
    }
}
