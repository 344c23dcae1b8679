"""Reference values for performance estimates without labels, from NannyML's own functions.

Apart from metrics.py because NannyML brings a hundred packages of its own (label_free.requirements.txt).
`npm run goldens` runs it. Writes label_free.json beside this file.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from nannyml.performance_estimation.confidence_based import metrics as nml

rng = np.random.default_rng(20240602)
scores = rng.beta(1.2, 2, 150)
# What an isotonic map might make of the scores. No two are equal: NannyML does not average over ties, we do.
probabilities = scores**1.4
predicted = (scores >= 0.5).astype(int)

golden = {
    "versions": {name: version(name) for name in ["nannyml", "numpy"]},
    "scores": scores.tolist(),
    "probabilities": probabilities.tolist(),
    "predicted": predicted.tolist(),
    "expected": {
        "accuracy": float(nml.estimate_accuracy(predicted, probabilities)),
        "precision": float(nml.estimate_precision(predicted, probabilities)),
        "recall": float(nml.estimate_recall(predicted, probabilities)),
        "specificity": float(nml.estimate_specificity(predicted, probabilities)),
        "f1": float(nml.estimate_f1(predicted, probabilities)),
        "roc_auc": float(nml.estimate_roc_auc(probabilities, scores)),
        "average_precision": float(nml.estimate_ap(probabilities, scores)),
    },
}
Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
