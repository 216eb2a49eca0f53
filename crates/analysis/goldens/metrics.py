#!/usr/bin/env python3
"""Reference values of crates/analysis/src/metrics.rs and evidence.rs.

    pip install numpy scipy scikit-learn
    python crates/analysis/goldens/metrics.py > crates/analysis/goldens/metrics.json
"""
import json

import numpy as np
from scipy.optimize import minimize
from scipy.stats import beta
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn.metrics import (accuracy_score, average_precision_score, balanced_accuracy_score, brier_score_loss,
                             confusion_matrix, roc_auc_score, roc_curve)

FPRS = (0.05, 0.01, 0.001)
MASK = (1 << 64) - 1


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
        "platt": platt(real, fake), "temperature": temperature(real, fake),
        "ap": average_precision_score(label, pooled), "eer": eer(label, pooled),
    }


def eer(label, score):
    """Where the ROC curve, linear between its points, meets the line of equal errors."""
    fpr, tpr, _ = roc_curve(label, score, drop_intermediate=False)
    return brentq(lambda x: 1 - x - interp1d(fpr, tpr)(x), 0, 1, xtol=1e-14)


def measures(label, score, suspected):
    """AUC, AP, EER, accuracy, balanced accuracy, TPR at three FPRs, FPR and TPR of `suspected`, ECE, Brier."""
    fpr, tpr, _ = roc_curve(label, score, drop_intermediate=False)
    flagged = (score >= 0.5).astype(int)
    return ([roc_auc_score(label, score), average_precision_score(label, score), eer(label, score), accuracy_score(label, flagged),
             balanced_accuracy_score(label, flagged)] + [float(tpr[fpr <= f + 1e-12].max()) for f in FPRS]
            + [suspected[label == 0].mean(), suspected[label == 1].mean(), ece(score[label == 0], score[label == 1], 15),
               brier_score_loss(label, score)])


def draws(groups, n):
    """splitmix64, as `Draws` does it: which groups each redraw holds."""
    state = 0x00FACEF1C7100001
    for _ in range(n):
        drawn = []
        for _ in range(groups):
            state = (state + 0x9E3779B97F4A7C15) & MASK
            z = state
            z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
            drawn.append(((z ^ (z >> 31)) * groups) >> 64)
        yield drawn


def evaluation(rng, groups, most, decimals):
    """Items in groups, as a video's frames are; every rate with its interval from 1,000 redraws of the groups."""
    group = np.repeat(np.arange(groups), rng.integers(1, most + 1, groups))
    label = rng.integers(0, 2, groups)[group]
    score = np.round(1 / (1 + np.exp(-rng.normal(0, 1, groups)[group] - rng.normal(1.2 * label - 0.6, 1))), decimals)
    suspected = score > 0.8
    drawn = []
    for chosen in draws(groups, 1000):
        at = np.concatenate([np.flatnonzero(group == g) for g in chosen])
        at = at[np.argsort(label[at], kind="stable")]
        drawn.append(measures(label[at], score[at], suspected[at]) if len(set(label[at])) == 2 else None)
    drawn = np.array([d for d in drawn if d is not None])
    (tn, fp), (fn, tp) = confusion_matrix(label, score >= 0.5)
    return {
        "items": [[int(g), bool(y), float(s), bool(u)] for g, y, s, u in zip(group, label, score, suspected)],
        "confusion": [int(v) for v in (tp, fp, tn, fn)],
        "rates": [[float(v), float(np.percentile(d, 2.5)), float(np.percentile(d, 97.5))] for v, d in
                  zip(measures(label, score, suspected), drawn.T)],
    }


def temperature(real, fake):
    """As `platt`, without an intercept."""
    n, m = len(real), len(fake)
    low, high = 1 / (n + 2), (m + 1) / (m + 2)
    loss = lambda a: (np.logaddexp(0, a * real) - low * a * real).mean() + (np.logaddexp(0, a * fake) - high * a * fake).mean()
    rise = lambda a: ((1 / (1 + np.exp(-a * real)) - low) * real).mean() + ((1 / (1 + np.exp(-a * fake)) - high) * fake).mean()
    best = brentq(rise, 1e-6, 100, xtol=1e-14)
    assert loss(best) <= min(loss(best * 1.01), loss(best / 1.01))
    return best


rng = np.random.default_rng(7)
bounds = [[k, n, tail, beta.ppf(tail, k, n - k + 1) if k else 0.0, beta.ppf(1 - tail, k + 1, n - k) if k < n else 1.0]
          for n in (1, 7, 35, 450, 533, 10000) for k in sorted({0, 1, n // 100, n // 3, n - 1, n}) for tail in (0.05, 0.025)]
cases = [case(rng, 60, 40, 1, 6), case(rng, 33, 57, .5, 0), case(rng, 9, 9, 2, 3)]
evaluations = [evaluation(rng, 40, 3, 6), evaluation(rng, 70, 1, 1)]
print(json.dumps({"cases": cases, "clopper_pearson": bounds, "evaluations": evaluations}))
