// The types that cross between the window and the Rust core. Generated from the Rust side by
// `cargo xtask bindings`; do not edit by hand. Times in microseconds and sizes are plain numbers below 2^53.

/**
 * Presentation time in integer microseconds. The start of a file need not be zero.
 */
export type Timestamp = number;

/**
 * Position of a frame in decoding order, counted from zero over all frames of the stream, also
 * those that sampling skipped.
 */
export type FrameIndex = number;

/**
 * An axis-parallel rectangle in pixels. It may stick out of the frame. Serialised as `[x, y, w, h]`.
 */
export type Rect = [number, number, number, number];

/**
 * A point in pixels; (0, 0) is the outer corner of the top left pixel, whose centre is (0.5, 0.5).
 * Serialised as `[x, y]`.
 */
export type Point = [number, number];

/**
 * A calibrated score in [0, 1]; high = more like manipulated. Not a probability that the file is
 * fake: that needs a base rate nobody knows. An item that was not examined has no `Score` at all.
 */
export type Score = number;

/**
 * What a job is doing.
 */
export type Stage = "listing" | "hashing" | "probing" | "analysing" | "aggregating" | "writing";

/**
 * How far a job has come within its stage. Units are those of the stage: bytes when hashing,
 * microseconds of media time when analysing a video, items otherwise.
 */
export type Progress = { 
/**
 * What is being done.
 */
stage: Stage, 
/**
 * How much of it is done.
 */
done: number, 
/**
 * How much there is, where that is known.
 */
total: number | null, };

/**
 * Closed list, so that every shell can word each one in every language.
 */
export type WarningCode = "damaged" | "animationFirstFrame" | "deviceFallback" | "facesDropped" | "skipped" | "changedWhileReading" | "modelExpired" | "controlsFailed" | "decoderMessage";

/**
 * One warning, with its particulars in plain words.
 */
export type Warning = { 
/**
 * What kind.
 */
code: WarningCode, 
/**
 * The particulars: counts, ranges, names.
 */
detail: string, };

/**
 * What an examination comes to. Ordered from the least to the most that can be said against the
 * picture, with "not examined" first.
 */
export type VerdictCode = "notExamined" | "noIndication" | "inconclusive" | "suspected";

/**
 * How far the observations support manipulation, bounded by the size of the validation: words for a
 * likelihood ratio's lower bound (ENFSI-style scale, field guide 6.3). The levels above 1,000 are out
 * of reach of this product and do not exist here.
 */
export type Strength = "limited" | "moderate" | "moderatelyStrong";

/**
 * Why a verdict is not stronger than it is, or why a face was left out. Closed, so that every shell can
 * word each one in every language.
 */
export type Reason = "noFace" | "tooFewUsableFaces" | "tooSmall" | "blurred" | "overCompressed" | "turnedAway" | "cutOff" | "uncertainFace" | "betweenThresholds" | "modelsDisagree" | "onlyBriefly" | "notValidatedForThis" | "validationTooSmall" | "damagedFile" | "decodeFailed" | "noDetector" | "notStable";

/**
 * A verdict with what it rests on.
 */
export type Verdict = { 
/**
 * What can be said.
 */
code: VerdictCode, 
/**
 * How strongly; only of [`VerdictCode::Suspected`].
 */
strength: Strength | null, 
/**
 * Why not more; sorted, each once. A `suspected` or `noIndication` may carry some too.
 */
reasons: Array<Reason>, 
/**
 * The calibrated score the verdict rests on; `None` exactly when nothing was examined.
 */
score: Score | null, };

/**
 * What a file turned out to be, by its content.
 */
export type MediaKind = "image" | "video";

/**
 * What the container says about the pictures.
 */
export type MediaFacts = { 
/**
 * Pixels of the upright frame.
 */
width: number, 
/**
 * Pixels of the upright frame.
 */
height: number, 
/**
 * Microseconds; `None` for a still or when nobody knows.
 */
duration_us: number | null, 
/**
 * Frames a second as a fraction, `30000/1001`; `None` for a still.
 */
frame_rate: string | null, 
/**
 * Whether frames are unevenly spaced.
 */
variable_frame_rate: boolean, 
/**
 * Short name of the codec or of the image format.
 */
codec: string, 
/**
 * Degrees by which the stored pictures were turned to stand upright: 0, 90, 180 or 270.
 */
rotation: number, 
/**
 * Whether the decoder met errors or the stream ended early.
 */
damaged: boolean, 
/**
 * First and last presentation time that was decoded, in microseconds, where the file is damaged.
 */
covered_us?: [number, number] | null, };

/**
 * Which file it was.
 */
export type FileFacts = { 
/**
 * The path as given; bytes that are not UTF-8 are replaced by U+FFFD, see `path_bytes`.
 */
path: string, 
/**
 * The exact bytes of the path in lower-case hexadecimal, present only when `path` lost some.
 */
path_bytes?: string | null, 
/**
 * Size in bytes; `None` when the file could not be opened.
 */
bytes: number | null, 
/**
 * SHA-256 in lower-case hexadecimal; `None` when the file could not be read to its end.
 */
sha256: string | null, 
/**
 * By content; `None` when unknown.
 */
kind: MediaKind | null, 
/**
 * `None` when it could not be probed.
 */
media: MediaFacts | null, };

/**
 * What one detector says about one face.
 */
export type ModelScore = { 
/**
 * Raw output of the network.
 */
logit: number, 
/**
 * Calibrated.
 */
score: Score, };

/**
 * A stretch in which a person's crops lie above a detector's threshold without interruption.
 */
export type Segment = { 
/**
 * Presentation time of the first crop.
 */
start_us: Timestamp, 
/**
 * Presentation time of the last crop.
 */
end_us: Timestamp, 
/**
 * The highest calibrated score within.
 */
peak: Score, 
/**
 * Whose threshold, by model id.
 */
model: string, };

/**
 * One way to spoil a crop.
 */
export type Rung = "native" | "jpeg75" | "jpeg60" | "jpeg40" | "side768" | "side512";

/**
 * What a detector says on one rung.
 */
export type RungScore = { 
/**
 * Which.
 */
rung: Rung, 
/**
 * Mean over the crops.
 */
logit: number, 
/**
 * The same, calibrated.
 */
score: Score, 
/**
 * What the score alone would come to: `suspected`, `inconclusive` or `noIndication`.
 */
code: VerdictCode, };

/**
 * How a person's suspicion fares on the ladder.
 */
export type Stability = { 
/**
 * [`LADDER`].
 */
ladder: string, 
/**
 * The detector on which the suspicion rests, by model id.
 */
model: string, 
/**
 * Crops that were spoilt: those with the highest scores.
 */
crops: number, 
/**
 * In the order of [`Rung::ALL`]. A rung that would leave the frame as it is, or the face too small to
 * be examined, is left out.
 */
rungs: Array<RungScore>, 
/**
 * Highest less lowest calibrated score.
 */
spread: number, 
/**
 * Whether the suspicion stands.
 */
holds: boolean, };

/**
 * One person followed through the file.
 */
export type Person = { 
/**
 * Stable number, from 0.
 */
track: number, 
/**
 * First time seen.
 */
first_us: Timestamp, 
/**
 * Last time seen.
 */
last_us: Timestamp, 
/**
 * Faces seen.
 */
crops: number, 
/**
 * Faces that were good enough and scored.
 */
usable_crops: number, 
/**
 * Same as the verdict's score.
 */
score: Score | null, 
/**
 * What can be said about this person.
 */
verdict: Verdict, 
/**
 * Share of the usable crops above the threshold of the detector on which the verdict rests; `None` where none was
 * scored, and where that detector was shown some of them only.
 */
fraction_above: number | null, 
/**
 * The most usable crops in a row above it.
 */
longest_run: number, 
/**
 * Every detector's aggregated score of this person, by model id.
 */
scores: { [key in string]: ModelScore }, 
/**
 * In order of time, then of model.
 */
segments: Array<Segment>, 
/**
 * How the suspicion fares on the ladder; only of people whom a detector suspects.
 */
stability?: Stability | null, };

/**
 * What a model is for.
 */
export type Task = "faceManipulation" | "faceSynthesis" | "faceDetection" | "faceLandmarks";

/**
 * A model that took part.
 */
export type Model = { 
/**
 * Its id, as in `models/<id>`.
 */
id: string, 
/**
 * What it is for.
 */
task: Task, 
/**
 * The network.
 */
architecture: string, 
/**
 * SHA-256 of its weights.
 */
sha256: string, 
/**
 * SHA-256 of the encoder that its weights are read through, for a second look.
 */
encoder_sha256?: string | null, };

/**
 * How a heat map was made.
 */
export type MapMethod = "gradCam" | "occlusion";

/**
 * A part of the crop, by the face mesh. Together they cover it, none overlaps another.
 */
export type FaceRegion = "eyes" | "brows" | "nose" | "mouth" | "cheeksAndJaw" | "forehead" | "hairAndBorder" | "background";

/**
 * What one region contributes to a logit.
 */
export type RegionShare = { 
/**
 * Which.
 */
region: FaceRegion, 
/**
 * Its Shapley value in logits; positive: speaks for manipulation.
 */
logit: number, 
/**
 * Its share of the crop, in [0, 1].
 */
area: number, };

/**
 * How much of a logit comes from which region. The shares sum to `logit − logit_removed`.
 */
export type RegionShares = { 
/**
 * The logit of the crop as it is.
 */
logit: number, 
/**
 * The logit of the crop with every region blurred.
 */
logit_removed: number, 
/**
 * In the order of [`FaceRegion::ALL`].
 */
shares: Array<RegionShare>, };

/**
 * Whether blurring the part that a map points to changes the logit more than blurring parts of the same
 * area that random maps point to.
 */
export type Faithfulness = { 
/**
 * Share of the crop that was blurred, in [0, 1].
 */
area: number, 
/**
 * How far the logit falls.
 */
fall: number, 
/**
 * The median fall over the random maps.
 */
median_random_fall: number, 
/**
 * Random maps tried.
 */
random: number, 
/**
 * Random maps that the map beats.
 */
beaten: number, 
/**
 * How often chance alone does as well, estimated: (1 + not beaten) / (1 + random).
 */
p: number, 
/**
 * Whether the map may be shown: `p` is at most [`MAX_P`].
 */
shown: boolean, };

/**
 * One crop of one person as one detector sees it.
 */
export type Explanation = { 
/**
 * The person, as in [`crate::Person::track`].
 */
track: number, 
/**
 * Number of the frame in decoding order.
 */
frame: FrameIndex, 
/**
 * Its presentation time.
 */
pts_us: Timestamp, 
/**
 * The detector, by model id.
 */
model: string, 
/**
 * What it says of this crop.
 */
logit: number, 
/**
 * The same, calibrated.
 */
score: Score, 
/**
 * The square that it sees, in pixels of the upright frame.
 */
crop: Rect, 
/**
 * How the heat map was made.
 */
method: MapMethod, 
/**
 * The map's highest value in logits: the upper end of the picture's scale, whose lower end is 0.
 */
peak: number, 
/**
 * Whether the map says anything.
 */
faithfulness: Faithfulness, 
/**
 * Which parts of the face mattered; `None` when no mesh could be laid over it.
 */
regions: RegionShares | null, 
/**
 * File of the heat map's picture, relative to the folder of results; `None` when none was written, as
 * for a map that is withheld.
 */
picture: string | null, };

/**
 * A sample whose logit is known, scored on the device in use.
 */
export type Control = { 
/**
 * The detector, by model id.
 */
model: string, 
/**
 * The sample, by its file's name.
 */
sample: string, 
/**
 * Whether a generated face is known to be in it; a real one otherwise.
 */
generated: boolean, 
/**
 * The logit that a reference computed.
 */
expected: number, 
/**
 * The logit here.
 */
obtained: number, 
/**
 * How far they may be apart.
 */
tolerance: number, };

/**
 * How the examination was run; the only part that may differ between two runs on one input.
 */
export type Run = { 
/**
 * `facefiction x.y.z`.
 */
app: string, 
/**
 * `cpu`, `cuda` or `metal`.
 */
device: string, 
/**
 * Threads used.
 */
threads: number, 
/**
 * Frames a second examined; `None` for a still or when every frame was.
 */
fps: number | null, 
/**
 * RFC 3339, UTC.
 */
started: string, 
/**
 * Wall time.
 */
seconds: number, 
/**
 * What went less well, in order of arrival.
 */
warnings: Array<Warning>, 
/**
 * What the detectors said of known samples before they were let near this one.
 */
controls?: Array<Control>, };

/**
 * Why an item failed. Closed, so that every shell can word it.
 */
export type ItemErrorCode = "notFound" | "notReadable" | "unsupported" | "empty" | "tooLarge" | "decodeFailed" | "noVideoStream" | "setup" | "cancelled" | "internal";

/**
 * Why an item failed, with the particulars in English.
 */
export type ItemError = { 
/**
 * What kind.
 */
code: ItemErrorCode, 
/**
 * One line.
 */
message: string, };

/**
 * What kind of failure; closed, so that the window can word each one.
 */
export type ErrorCode = "notFound" | "notReadable" | "unsupported" | "alreadyThere" | "busy" | "cancelled" | "storage" | "setup" | "invalid" | "internal";

/**
 * A failed command.
 */
export type CommandError = { 
/**
 * What kind.
 */
code: ErrorCode, 
/**
 * One line in English, with the particulars.
 */
message: string, 
/**
 * The file it is about, for display.
 */
path: string | null, };

/**
 * Language of the window.
 */
export type Language = "system" | "en" | "fr";

/**
 * Colours of the window.
 */
export type Theme = "system" | "dark" | "light" | "contrast";

/**
 * What computes.
 */
export type Device = "auto" | "cpu" | "cuda" | "metal";

/**
 * Which frames of a video are examined.
 */
export type SamplingChoice = { "kind": "fromCard" } | { "kind": "perSecond", 
/**
 * Positive.
 */
fps: number, } | { "kind": "everyFrame" };

/**
 * What finds the faces.
 */
export type FaceFinder = "mtcnn" | "blazeface";

/**
 * What the user has chosen.
 */
export type Settings = { 
/**
 * Language of the window.
 */
language: Language, 
/**
 * Colours of the window.
 */
theme: Theme, 
/**
 * What computes.
 */
device: Device, 
/**
 * How many threads; `None` for one a processor.
 */
threads: number | null, 
/**
 * Which frames of a video.
 */
sampling: SamplingChoice, 
/**
 * What finds the faces.
 */
faceFinder: FaceFinder, 
/**
 * Ids of the detectors that see every frame; empty for all that are installed.
 */
detectors: Array<string>, 
/**
 * Whether the slow detectors look again at the crops on which a verdict rests, where they can.
 */
secondLook: boolean, 
/**
 * Whether analyses are listed among the recent ones and outlive the program outside of cases.
 */
history: boolean, 
/**
 * Whether the explanation of the first run was read.
 */
explained: boolean, };

/**
 * A language that the window speaks.
 */
export type SystemLanguage = "en" | "fr";

/**
 * A page of the help.
 */
export type HelpPage = "ethics";

/**
 * What the program says about itself.
 */
export type AppInfo = { 
/**
 * Of the program.
 */
version: string, 
/**
 * What `system` stands for in the settings.
 */
systemLanguage: SystemLanguage, 
/**
 * What the user has chosen.
 */
settings: Settings, 
/**
 * `cpu`, `cuda` or `metal`; empty until the models are loaded.
 */
deviceInUse: string, 
/**
 * Threads that examine.
 */
threadsInUse: number, 
/**
 * Processors of this machine.
 */
processors: number, 
/**
 * Where the library is; to be shown, not to be opened.
 */
libraryFolder: string, 
/**
 * Why nothing can be examined or kept, if so.
 */
problem: CommandError | null, };

/**
 * Why something will not be examined.
 */
export type SkipReason = "notMedia" | "unreadable" | "folderLoop" | "empty" | "alreadyQueued";

/**
 * One thing that will not be examined.
 */
export type Skipped = { 
/**
 * Name of the file.
 */
name: string, 
/**
 * Why.
 */
reason: SkipReason, };

/**
 * What was chosen or is dragged over the window.
 */
export type Selection = { 
/**
 * To be handed back when it is put into the queue.
 */
id: number, 
/**
 * Name of the evidence package that this is, to be checked rather than examined.
 */
package: string | null, 
/**
 * The first five names.
 */
names: Array<string>, 
/**
 * Pictures.
 */
images: number, 
/**
 * Videos.
 */
videos: number, 
/**
 * Folders that were looked through.
 */
folders: number, 
/**
 * Whether counting stopped at a limit.
 */
more: boolean, 
/**
 * The first that will not be examined.
 */
skipped: Array<Skipped>, 
/**
 * How many there are of them.
 */
skippedCount: number, };

/**
 * Where an item of the queue stands.
 */
export type QueueState = "waiting" | "running" | "paused" | "done" | "failed" | "cancelled" | "skipped";

/**
 * One item of the queue.
 */
export type QueueRow = { 
/**
 * Its number.
 */
id: number, 
/**
 * Name of the file.
 */
name: string, 
/**
 * Name of its folder.
 */
folder: string, 
/**
 * Still or moving, as far as known.
 */
kind: MediaKind | null, 
/**
 * Size of the file.
 */
bytes: number | null, 
/**
 * Where it stands.
 */
state: QueueState, 
/**
 * While it is examined.
 */
progress: Progress | null, 
/**
 * Number of its analysis.
 */
analysis: number | null, 
/**
 * What it came to.
 */
verdict: Verdict | null, 
/**
 * How many people were seen.
 */
people: number | null, 
/**
 * How long it took.
 */
seconds: number | null, 
/**
 * Of a video.
 */
durationUs: number | null, 
/**
 * Why it failed.
 */
error: ItemError | null, 
/**
 * RFC 3339.
 */
addedAt: string, };

/**
 * How many have a verdict.
 */
export type VerdictCount = { 
/**
 * Which one.
 */
code: VerdictCode, 
/**
 * How many.
 */
count: number, };

/**
 * The queue as a whole.
 */
export type QueueCounts = { 
/**
 * All items.
 */
total: number, 
/**
 * [`QueueState::Waiting`].
 */
waiting: number, 
/**
 * [`QueueState::Running`].
 */
running: number, 
/**
 * [`QueueState::Paused`].
 */
paused: number, 
/**
 * [`QueueState::Done`].
 */
done: number, 
/**
 * [`QueueState::Failed`].
 */
failed: number, 
/**
 * [`QueueState::Cancelled`].
 */
cancelled: number, 
/**
 * [`QueueState::Skipped`].
 */
skipped: number, 
/**
 * Of those that have a verdict.
 */
byVerdict: Array<VerdictCount>, 
/**
 * Until all is done, as far as can be told.
 */
secondsLeft: number | null, 
/**
 * Whether the queue stands still.
 */
isPaused: boolean, };

/**
 * News of the queue.
 */
export type QueueEvent = { "type": "snapshot", 
/**
 * In order.
 */
rows: Array<QueueRow>, 
/**
 * As a whole.
 */
counts: QueueCounts, } | { "type": "changed", 
/**
 * In order.
 */
rows: Array<QueueRow>, 
/**
 * As a whole.
 */
counts: QueueCounts, } | { "type": "removed", 
/**
 * Their numbers.
 */
ids: Array<number>, 
/**
 * As a whole.
 */
counts: QueueCounts, };

/**
 * Form of an export.
 */
export type ExportFormat = "csv" | "jsonl";

/**
 * A face in a frame.
 */
export type FacePoint = { 
/**
 * The person.
 */
track: number, 
/**
 * Pixels of the upright frame.
 */
rect: Rect, 
/**
 * Calibrated; of several detectors the one on which the person's verdict rests, while it is not
 * known the highest.
 */
score: Score | null, 
/**
 * Whether it was good enough to be scored.
 */
usable: boolean, 
/**
 * Why not.
 */
reasons: Array<Reason>, };

/**
 * An examined frame.
 */
export type FramePoint = { 
/**
 * Its number.
 */
frame: FrameIndex, 
/**
 * Its presentation time.
 */
ptsUs: Timestamp, 
/**
 * Whether a new shot begins here.
 */
cut: boolean, 
/**
 * Sorted by track.
 */
faces: Array<FacePoint>, };

/**
 * News of one examination. The last is `finished`, `cancelled` or `failed`.
 */
export type JobEvent = { "type": "started", 
/**
 * What is known of it.
 */
file: FileFacts, } | { "type": "progress", 
/**
 * How far.
 */
progress: Progress, 
/**
 * How long still.
 */
secondsLeft: number | null, } | { "type": "frames", 
/**
 * In order, none of them told before.
 */
frames: Array<FramePoint>, } | { "type": "finished", 
/**
 * Under this number.
 */
analysis: number, } | { "type": "cancelled" } | { "type": "failed", 
/**
 * Why.
 */
error: ItemError, };

/**
 * Whether the file is still the one that was examined.
 */
export type Integrity = "checking" | "unchanged" | "changed" | "missing" | "unreadable";

/**
 * What a model's scores were held against.
 */
export type Threshold = { 
/**
 * The model's id.
 */
model: string, 
/**
 * At or above: suspected.
 */
suspected: number, 
/**
 * Below: no indication.
 */
noIndication: number, };

/**
 * What a model's validation counted.
 */
export type Validation = { 
/**
 * The model's id.
 */
model: string, 
/**
 * Independent real samples.
 */
nReal: number, 
/**
 * Those called suspected.
 */
falseAlarms: number, 
/**
 * Independent manipulated samples.
 */
nFake: number, 
/**
 * Those called suspected.
 */
found: number, 
/**
 * What counts as one sample.
 */
unit: string, 
/**
 * Which samples.
 */
measuredOn: string, };

/**
 * What files are sorted by.
 */
export type Dimension = "faceSize" | "sharpness" | "blockiness";

/**
 * What a detector did on faces of known origin that resemble some of an analysis in one respect.
 */
export type Alike = { 
/**
 * The detector.
 */
model: string, 
/**
 * In which respect.
 */
dimension: Dimension, 
/**
 * From this value on; open below where absent.
 */
from: number | null, 
/**
 * Below this value; open above where absent.
 */
to: number | null, 
/**
 * Whose faces, in rising order.
 */
tracks: Array<number>, 
/**
 * Real units.
 */
nReal: number, 
/**
 * Of them, wrongly suspected.
 */
falseAlarms: number, 
/**
 * Manipulated units.
 */
nFake: number, 
/**
 * Of them, suspected.
 */
found: number, };

/**
 * One line of a list.
 */
export type AnalysisSummary = { 
/**
 * Its number.
 */
id: number, 
/**
 * The case it belongs to.
 */
caseId: number | null, 
/**
 * Name of the file.
 */
name: string, 
/**
 * Still or moving.
 */
kind: MediaKind | null, 
/**
 * What it came to.
 */
verdict: Verdict, 
/**
 * How many people were seen.
 */
people: number, 
/**
 * Of a video.
 */
durationUs: number | null, 
/**
 * RFC 3339.
 */
analysedAt: string, 
/**
 * Why it could not be examined.
 */
error: ItemError | null, };

/**
 * A kept analysis with everything about it.
 */
export type AnalysisView = { 
/**
 * Its number.
 */
id: number, 
/**
 * The case it belongs to.
 */
caseId: number | null, 
/**
 * Name of the file.
 */
name: string, 
/**
 * The file as it was when it was examined, at the place where it was last.
 */
file: FileFacts, 
/**
 * What it came to.
 */
verdict: Verdict, 
/**
 * Sorted by track.
 */
people: Array<Person>, 
/**
 * The models that took part.
 */
models: Array<Model>, 
/**
 * Of the scoring models, at that time.
 */
thresholds: Array<Threshold>, 
/**
 * Of the scoring models, at that time.
 */
validations: Array<Validation>, 
/**
 * What its models did on files like this one, as far as they are installed and bring that.
 */
alike: Array<Alike>, 
/**
 * How it was run.
 */
run: Run, 
/**
 * Why it could not be examined.
 */
error: ItemError | null, 
/**
 * Whether the file is still the same.
 */
integrity: Integrity, 
/**
 * The whole timeline; within refined ranges every frame.
 */
frames: Array<FramePoint>, 
/**
 * People whose verdict rests on a detector that was shown some of their pictures only.
 */
decidedOnSome: Array<number>, 
/**
 * Why the detectors gave the scores they gave; none until that was asked for.
 */
explanations: Array<Explanation>, 
/**
 * The user's.
 */
note: string, 
/**
 * Ranges that were examined again at every frame.
 */
refined: Array<[Timestamp, Timestamp]>, };

/**
 * How much a report holds.
 */
export type ReportExtent = "full" | "summary";

/**
 * What a report leaves out.
 */
export type ReportRedaction = "off" | "on";

/**
 * How a report is wanted. What is empty is left out of it.
 */
export type ReportOptions = { 
/**
 * Its language.
 */
language: SystemLanguage, 
/**
 * How much.
 */
extent: ReportExtent, 
/**
 * What is left out.
 */
redaction: ReportRedaction, 
/**
 * Minutes by which the reader's clocks are ahead of UTC.
 */
offsetMinutes: number, 
/**
 * Name of the case.
 */
caseName: string, 
/**
 * Who examines.
 */
author: string, 
/**
 * For whom.
 */
organisation: string, 
/**
 * The question asked.
 */
question: string, 
/**
 * What the examiner noted.
 */
notes: string, 
/**
 * What the examiner thought before any score was shown.
 */
firstOpinion: string, 
/**
 * When that was written down, RFC 3339.
 */
firstOpinionAt: string | null, };

/**
 * What became of the examined file when pictures were to be cut from it.
 */
export type EvidenceFound = "unchanged" | "changed" | "absent" | "undecodable";

/**
 * A report before it is written.
 */
export type ReportPreview = { 
/**
 * Number of the picture of page one: `preview/<number>`.
 */
number: number, 
/**
 * Pages of the whole.
 */
pages: number, 
/**
 * Pictures in it.
 */
pictures: number, 
/**
 * Why there may be none.
 */
evidence: EvidenceFound, };

/**
 * What was written.
 */
export type Written = { 
/**
 * Its name; its folder stays on this side.
 */
name: string, 
/**
 * Fingerprint of the key that sealed it, of a package.
 */
fingerprint: string | null, 
/**
 * What became of the examined file.
 */
evidence: EvidenceFound, };

/**
 * What a package is.
 */
export type PackageForm = "zip" | "folder";

/**
 * News of an errand; its end is the answer of the command.
 */
export type ErrandEvent = { "type": "started", 
/**
 * To be named when it is to stop.
 */
id: number, } | { "type": "progress", 
/**
 * How far.
 */
progress: Progress, };

/**
 * What is not as it was when a package was sealed.
 */
export type PackageProblem = { "kind": "missing", 
/**
 * Its name.
 */
file: string, } | { "kind": "changed", 
/**
 * Its name.
 */
file: string, } | { "kind": "added", 
/**
 * Its name.
 */
file: string, } | { "kind": "unreadable", 
/**
 * Its name.
 */
file: string, } | { "kind": "logBroken", 
/**
 * The first entry that does not fit, from 1.
 */
entry: number, } | { "kind": "logCut" } | { "kind": "otherEvidence" } | { "kind": "otherModels" } | { "kind": "tolerance", 
/**
 * Between raw outputs, as the manifest writes it.
 */
asked: string, };

/**
 * How an installed model compares with the one that was used.
 */
export type ModelMatch = "same" | "changed" | "absent";

/**
 * A model that was used.
 */
export type PackageModel = { 
/**
 * Its id.
 */
id: string, 
/**
 * How it compares.
 */
state: ModelMatch, };

/**
 * Whether the examined file is at hand.
 */
export type PackageEvidence = { "kind": "absent" } | { "kind": "same", 
/**
 * Its name.
 */
name: string, } | { "kind": "other", 
/**
 * Its name.
 */
name: string, 
/**
 * Its SHA-256; `None` when it cannot be read.
 */
sha256: string | null, };

/**
 * What came of examining it again.
 */
export type Rerun = { "kind": "notRun" } | { "kind": "confirmed", 
/**
 * Logits compared.
 */
logits: number, 
/**
 * The largest difference.
 */
largest: number, 
/**
 * How far they may differ.
 */
tolerance: number, } | { "kind": "differs", 
/**
 * The first few differences, in English.
 */
differences: Array<string>, 
/**
 * How far they may differ.
 */
tolerance: number, };

/**
 * What a check of a package found.
 */
export type PackageCheck = { 
/**
 * Name of the package.
 */
name: string, 
/**
 * None when it is untouched.
 */
problems: Array<PackageProblem>, 
/**
 * Files that it lists.
 */
files: number, 
/**
 * When it was made, RFC 3339.
 */
made: string | null, 
/**
 * The program that made it.
 */
application: string | null, 
/**
 * Fingerprint of the key that sealed it.
 */
fingerprint: string | null, 
/**
 * Whether that is the key of this user.
 */
ownKey: boolean, 
/**
 * SHA-256 of the examined file.
 */
evidenceSha256: string | null, 
/**
 * The examined file.
 */
evidence: PackageEvidence, 
/**
 * The models used.
 */
models: Array<PackageModel>, 
/**
 * What came of examining it again.
 */
rerun: Rerun, };

/**
 * One line of the list of cases.
 */
export type CaseSummary = { 
/**
 * Its number.
 */
id: number, 
/**
 * Its name.
 */
name: string, 
/**
 * How many analyses it holds.
 */
files: number, 
/**
 * RFC 3339.
 */
updatedAt: string, 
/**
 * RFC 3339.
 */
createdAt: string, };

/**
 * A case with everything in it.
 */
export type CaseView = { 
/**
 * Its number.
 */
id: number, 
/**
 * Its name.
 */
name: string, 
/**
 * The user's.
 */
note: string, 
/**
 * RFC 3339.
 */
createdAt: string, 
/**
 * RFC 3339.
 */
updatedAt: string, 
/**
 * The newest first.
 */
analyses: Array<AnalysisSummary>, };

/**
 * What was found.
 */
export type SearchKind = "case" | "analysis";

/**
 * One place where the words occur.
 */
export type SearchHit = { 
/**
 * What it is.
 */
kind: SearchKind, 
/**
 * Its number.
 */
id: number, 
/**
 * Name of the case or of the file.
 */
title: string, 
/**
 * The words with some around them.
 */
snippet: string, };

/**
 * Whether a model can be used.
 */
export type ModelState = "verified" | "hashMismatch" | "broken" | "expired" | "noEncoder";

/**
 * What a picture of a model's validation shows.
 */
export type FigureKind = "roc" | "reliability" | "confusion" | "tiers" | "training";

/**
 * A picture that a model brings.
 */
export type Figure = { 
/**
 * What it shows.
 */
kind: FigureKind, 
/**
 * Path for the `frame:` scheme.
 */
url: string, };

/**
 * An installed model with its card.
 */
export type ModelView = { 
/**
 * Name of its folder.
 */
id: string, 
/**
 * Name for people.
 */
name: string, 
/**
 * Of the weights.
 */
version: string, 
/**
 * The question it answers.
 */
task: Task, 
/**
 * The network.
 */
architecture: string, 
/**
 * Terms of the weights.
 */
licence: string, 
/**
 * Where the weights come from.
 */
source: string, 
/**
 * Data the weights were fitted to.
 */
trainedOn: string, 
/**
 * What it must not be used for.
 */
notFor: string, 
/**
 * Day.
 */
trained: string, 
/**
 * Day.
 */
expires: string, 
/**
 * Of the weights.
 */
sha256: string, 
/**
 * Of the weights.
 */
bytes: number, 
/**
 * Whether it can be used.
 */
state: ModelState, 
/**
 * Why not.
 */
detail: string | null, 
/**
 * Whether it scores faces.
 */
isScoring: boolean, 
/**
 * Whether it takes part in examinations.
 */
chosen: boolean, 
/**
 * Whether it is slow and looks at the crops on which a verdict rests only.
 */
secondLook: boolean, 
/**
 * Whether it came with the program.
 */
builtIn: boolean, 
/**
 * What its validation counted.
 */
validation: Validation | null, 
/**
 * What its scores are held against.
 */
threshold: Threshold | null, 
/**
 * Pictures that it brings.
 */
figures: Array<Figure>, };

/** Every command that the window may call. */
export type CommandName =
  | "app_info"
  | "save_settings"
  | "choose_library_folder"
  | "help_text"
  | "pick_files"
  | "pick_folder"
  | "take_selection"
  | "enqueue"
  | "watch_queue"
  | "watch_job"
  | "pause_queue"
  | "resume_queue"
  | "cancel_queued"
  | "remove_queued"
  | "retry_queued"
  | "export_queue"
  | "recent_analyses"
  | "forget_recent"
  | "open_analysis"
  | "check_integrity"
  | "locate_evidence"
  | "frame_times"
  | "analyse_range"
  | "explain_analysis"
  | "save_analysis_note"
  | "forget_analysis"
  | "preview_report"
  | "forget_preview"
  | "export_report"
  | "export_package"
  | "cancel_errand"
  | "pick_package"
  | "pick_package_evidence"
  | "verify_package"
  | "list_cases"
  | "create_case"
  | "open_case"
  | "rename_case"
  | "save_case_note"
  | "move_to_case"
  | "forget_case"
  | "forget_everything"
  | "search"
  | "list_models"
  | "import_model";
