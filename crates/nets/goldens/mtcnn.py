"""Writes mtcnn.safetensors: what facenet-pytorch's three networks answer to the test picture.

Needs torch, facenet-pytorch 2.6.0, safetensors. Run from this folder.
"""

import torch
from facenet_pytorch.models.mtcnn import ONet, PNet, RNet
from pattern import pattern
from safetensors.numpy import save_file

torch.set_num_threads(1)


def images(n: int, h: int, w: int, seed: int) -> torch.Tensor:
    x = torch.from_numpy(pattern(n, h, w, seed)).float().permute(0, 3, 1, 2)
    return (x - 127.5) * 0.0078125


out = {}
with torch.no_grad():
    pnet, rnet, onet = PNet().eval(), RNet().eval(), ONet().eval()
    for h, w in [(61, 83), (60, 48), (12, 12), (11, 30)]:
        offsets, face = pnet(images(1, h, w, seed=h))
        out[f"pnet.{h}x{w}.offsets"] = offsets.permute(0, 2, 3, 1)
        out[f"pnet.{h}x{w}.face"] = face[:, 1]
    offsets, face = rnet(images(7, 24, 24, seed=1))
    out["rnet.offsets"], out["rnet.face"] = offsets, face[:, 1]
    offsets, points, face = onet(images(5, 48, 48, seed=2))
    out["onet.offsets"], out["onet.points"], out["onet.face"] = offsets, points, face[:, 1]
save_file({k: v.contiguous().numpy() for k, v in out.items()}, "mtcnn.safetensors")
