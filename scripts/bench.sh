#!/bin/sh
# The comparisons of `make bench` with ONNX Runtime, PyTorch, OpenCV and facenet-pytorch; results go to out/bench.
#   CLIPS  clips for the whole scan, as arguments; without any, the networks alone are compared
#   PYTHON the interpreter with tests/bench/requirements.txt (python3); YUNET a face_detection_yunet ONNX file
set -eu
python=${PYTHON:-python3}
if ! "$python" -c "import onnx, onnxruntime, timm, torch, torchvision" 2>/dev/null; then
    echo "No comparison with ONNX Runtime and PyTorch: $python lacks the packages of tests/bench/requirements.txt" >&2
    exit 0
fi
mkdir -p out/bench
"$python" -W ignore tests/bench/nets_against_onnx.py --out out/bench/nets.md
[ $# -gt 0 ] || { echo "Name clips for the whole scan: make bench CLIPS=\"a.mp4 b.mp4\"" >&2; exit 0; }
if [ -n "${YUNET:-}" ]; then
    "$python" tests/bench/detection.py --yunet "$YUNET" "$@" | tee out/bench/detection.md
else
    echo "No comparison with YuNet: name its ONNX file in YUNET" >&2
fi
for threads in 1 2; do
    "$python" tests/bench/scan_against_python.py --python "$python" --threads "$threads" --min-face 20 --out "out/bench/scan-$threads.md" "$@"
    "$python" tests/bench/scan_against_decode.py --threads "$threads" "$@" | tee "out/bench/decode-$threads.md"
done
