"""Trains a few steps with --mlflow against a real MLflow server on this computer, and asks the server what it knows.

    python tests/bench/mlflow_log.py target/release/facefiction RECIPE.toml

needs the package mlflow. The server gets a folder of its own and is ended with it.
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path


def main() -> None:
    program, recipe = sys.argv[1:]
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
                   "--backend-store-uri", f"sqlite:///{folder}/log.db", "--artifacts-destination", f"{folder}/files"]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(240):
                try:
                    urllib.request.urlopen(f"{url}/health", timeout=2)
                    break
                except OSError:
                    time.sleep(0.5)
            out = Path(folder) / "run"
            subprocess.run([program, "train", recipe, "--out", str(out), "--mlflow", url], check=True)
            check(url, out)
        finally:
            server.terminate()
            server.wait(30)


def check(url: str, out: Path) -> None:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(url)
    known = json.loads((out / "mlflow.json").read_text())["run"]
    run = client.get_run(known)
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    steps = [line for line in lines if "loss" in line]
    logged = {m.step: m.value for m in client.get_metric_history(known, "loss")}
    assert run.info.status == "FINISHED", run.info.status
    assert logged == {line["step"]: line["loss"] for line in steps}
    assert "training.optimiser.rate" in run.data.params and "run.data_sha256" in run.data.params
    files = {f.path for f in client.list_artifacts(known)}
    assert {"recipe.toml", "metrics.jsonl", "weights.safetensors"} <= files, files
    with tempfile.TemporaryDirectory() as folder:
        fetched = Path(client.download_artifacts(known, "weights.safetensors", folder)).read_bytes()
    assert fetched == (out / "weights.safetensors").read_bytes()
    versions = [v for m in client.search_registered_models() for v in client.search_model_versions(f"name='{m.name}'")]
    assert [v.run_id for v in versions] == [known]
    print(f"{len(logged)} losses, {len(run.data.params)} parameters, {len(files)} files, model {versions[0].name} version {versions[0].version}")


if __name__ == "__main__":
    main()
