#!/usr/bin/env python3
"""Reference values of crates/analysis/src/metrics.rs and evidence.rs.

    pip install numpy scipy scikit-learn
    python crates/analysis/goldens/metrics.py > crates/analysis/goldens/metrics.json
"""
import json

import numpy as np
from scipy.optimize import minimize
from scipy.stats import beta
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve


def ece(real, fake, bins):
    """Bins of equal mass, the larger ones first, as numpy.array_split cuts; reals before fakes at ties."""
    score = np.r_[real, fake]
    label = np.r_[np.zeros(len(real)), np.ones(len(fake))]
    order = np.argsort(score, kind="stable")
    parts = zip(np.array_split(score[order], bins), np.array_split(label[order], bins))
    return sum(len(s) * abs(s.mean() - y.mean()) for s, y in parts if len(s)) / len(score)


def platt(real, fake):
    """Smoothed targets of Platt 1999, both classes of the same total weight."""
    n, m = len(real), len(fake)
    x = np.r_[real, fake]
    t = np.r_[np.full(n, 1 / (n + 2)), np.full(m, (m + 1) / (m + 2))]
    w = np.r_[np.full(n, 1 / n), np.full(m, 1 / m)]

    def loss(p):
        z = p[0] * x + p[1]
        return np.sum(w * (np.logaddexp(0, z) - t * z))

    return list(minimize(loss, [1, 0], method="BFGS", options={"gtol": 1e-10}).x)


def case(rng, n, m, gap, decimals):
    real, fake = np.round(rng.normal(-gap, 2, n), decimals), np.round(rng.normal(gap, 2, m), decimals)
    score = [np.round(1 / (1 + np.exp(-v)), 9) for v in (real, fake)]
    label, pooled = np.r_[np.zeros(n), np.ones(m)], np.r_[score[0], score[1]]
    fpr, tpr, _ = roc_curve(label, pooled, drop_intermediate=False)
    return {
        "real_logits": real.tolist(), "fake_logits": fake.tolist(), "real": score[0].tolist(), "fake": score[1].tolist(),
        "auc": roc_auc_score(label, pooled), "brier": brier_score_loss(label, pooled), "ece15": ece(*score, 15), "ece4": ece(*score, 4),
        "tpr_at_fpr": {str(f): float(tpr[fpr <= f + 1e-12].max()) for f in (0.2, 0.05, 0.01, 0.0)},
        "platt": platt(real, fake),
    }


rng = np.random.default_rng(7)
bounds = [[k, n, tail, beta.ppf(tail, k, n - k + 1) if k else 0.0, beta.ppf(1 - tail, k + 1, n - k) if k < n else 1.0]
          for n in (1, 7, 35, 450, 533, 10000) for k in sorted({0, 1, n // 100, n // 3, n - 1, n}) for tail in (0.05, 0.025)]
print(json.dumps({"cases": [case(rng, 60, 40, 1, 6), case(rng, 33, 57, .5, 0), case(rng, 9, 9, 2, 3)], "clopper_pearson": bounds}))
