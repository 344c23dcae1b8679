"""Reference values for model metrics, intervals, paired tests and fairness.

`npm run goldens` runs it. Writes metrics.json beside this file: versions, inputs, and what the reference libraries say about them.
"""

import json
import math
import warnings
from importlib.metadata import version
from pathlib import Path

import fairlearn.metrics as fl
import numpy as np
import sklearn.metrics as sk
from rouge_score import rouge_scorer
from sacrebleu.metrics import BLEU, CHRF
from scipy import optimize, stats
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

warnings.filterwarnings("ignore")
rng = np.random.default_rng(20240601)


def binary_data(n):
    labels = (rng.random(n) < 0.35).astype(int)
    scores = np.round(1 / (1 + np.exp(-(rng.normal(size=n) + 1.2 * labels - 0.8))), 2)
    weights = np.round(rng.gamma(2, 1, n), 3)
    weights[rng.integers(0, n, n // 20)] = 0
    return labels, scores, weights


def binary_case(labels, scores, weights):
    decisions = (scores >= 0.5).astype(int)
    w = {"sample_weight": weights}
    fpr, tpr, thresholds = sk.roc_curve(labels, scores, drop_intermediate=False, **w)
    precision, recall, cuts = sk.precision_recall_curve(labels, scores, **w)
    expected = {
        "confusion": sk.confusion_matrix(labels, decisions, **w),
        "accuracy": sk.accuracy_score(labels, decisions, **w),
        "balanced_accuracy": sk.balanced_accuracy_score(labels, decisions, **w),
        "precision": sk.precision_score(labels, decisions, **w),
        "recall": sk.recall_score(labels, decisions, **w),
        "specificity": sk.recall_score(labels, decisions, pos_label=0, **w),
        "f1": sk.f1_score(labels, decisions, **w),
        "fbeta_2": sk.fbeta_score(labels, decisions, beta=2, **w),
        "fbeta_0.5": sk.fbeta_score(labels, decisions, beta=0.5, **w),
        "mcc": sk.matthews_corrcoef(labels, decisions, **w),
        "cohen_kappa": sk.cohen_kappa_score(labels, decisions, **w),
        "log_loss": sk.log_loss(labels, scores, labels=[0, 1], **w),
        "brier": sk.brier_score_loss(labels, scores, **w),
        "roc_auc": sk.roc_auc_score(labels, scores, **w),
        "average_precision": sk.average_precision_score(labels, scores, **w),
        "roc_curve": {"fpr": fpr, "tpr": tpr, "thresholds": thresholds[1:]},
        "pr_curve": {"precision": precision[:-1], "recall": recall[:-1], "thresholds": cuts},
    }
    return {"labels": labels, "scores": scores, "weights": weights, "expected": expected}


def calibration_case(labels, scores, weights):
    expected = {}
    for strategy in ["uniform", "quantile"]:
        for bins in [5, 10, 20]:
            share, mean = calibration_curve(labels, scores, n_bins=bins, strategy=strategy)
            expected[f"{strategy}_{bins}"] = {"share": share, "mean": mean}
    grid = np.linspace(-0.1, 1.1, 61)
    expected["isotonic"] = {
        "grid": grid,
        "plain": IsotonicRegression(out_of_bounds="clip").fit(scores, labels).predict(grid),
        "weighted": IsotonicRegression(out_of_bounds="clip").fit(scores, labels, weights).predict(grid),
    }
    return {"labels": labels, "scores": scores, "weights": weights, "expected": expected}


def multiclass_case(n, classes, known):
    """`known` classes are declared; those beyond `classes` never occur, and the last that occurs is never predicted."""
    labels = rng.integers(0, classes, n)
    logits = rng.normal(size=(n, classes)) + 1.5 * np.eye(classes)[labels]
    logits[:, classes - 1] -= 8
    proba = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    predicted = proba.argmax(1)
    weights = np.round(rng.gamma(2, 1, n), 3)
    expected = {"confusion": sk.confusion_matrix(labels, predicted, labels=range(known), sample_weight=weights)}
    expected["accuracy"] = sk.accuracy_score(labels, predicted, sample_weight=weights)
    expected["balanced_accuracy"] = sk.balanced_accuracy_score(labels, predicted, sample_weight=weights)
    for average in ["micro", "macro", "weighted"]:
        for beta in [1, 2]:
            p, r, f, _ = sk.precision_recall_fscore_support(
                labels, predicted, beta=beta, labels=range(known), average=average, zero_division=np.nan, sample_weight=weights
            )
            expected[f"{average}_{beta}"] = {"precision": p, "recall": r, "f": f}
    expected["mcc"] = sk.matthews_corrcoef(labels, predicted, sample_weight=weights)
    for weighting in [None, "linear", "quadratic"]:
        expected[f"kappa_{weighting or 'none'}"] = sk.cohen_kappa_score(labels, predicted, weights=weighting, sample_weight=weights)
    expected["log_loss"] = sk.log_loss(labels, proba, labels=range(classes), sample_weight=weights)
    expected["brier_full"] = sk.brier_score_loss(labels, proba, labels=range(classes), scale_by_half=False, sample_weight=weights)
    expected["brier_half"] = sk.brier_score_loss(labels, proba, labels=range(classes), scale_by_half=True, sample_weight=weights)
    for scheme in ["ovr", "ovo"]:
        for average in ["macro", "weighted"]:
            expected[f"auc_{scheme}_{average}"] = sk.roc_auc_score(labels, proba, multi_class=scheme, average=average)
    expected["auc_ovr_macro_sample_weight"] = sk.roc_auc_score(labels, proba, multi_class="ovr", average="macro", sample_weight=weights)
    return {"classes": classes, "known": known, "labels": labels, "probabilities": proba.ravel(), "predicted": predicted, "weights": weights, "expected": expected}


def regression_case(n):
    actual = np.round(rng.gamma(3, 4, n) + 0.5, 3)
    predicted = np.round(np.abs(actual + rng.normal(0.4, 2, n)), 3)
    weights = rng.integers(0, 4, n).astype(float)

    def metrics(w):
        k = {"sample_weight": w}
        return {
            "mae": sk.mean_absolute_error(actual, predicted, **k),
            "mse": sk.mean_squared_error(actual, predicted, **k),
            "rmse": sk.root_mean_squared_error(actual, predicted, **k),
            "median_ae": sk.median_absolute_error(actual, predicted, **k),
            "r2": sk.r2_score(actual, predicted, **k),
            "explained_variance": sk.explained_variance_score(actual, predicted, **k),
            "mape": sk.mean_absolute_percentage_error(actual, predicted, **k),
            "rmsle": sk.root_mean_squared_log_error(actual, predicted, **k),
            "pinball_0.9": sk.mean_pinball_loss(actual, predicted, alpha=0.9, **k),
        }

    return {
        "actual": actual,
        "predicted": predicted,
        "weights": weights,
        "expected": {"plain": metrics(None), "weighted": metrics(weights), "max_error": sk.max_error(actual, predicted)},
    }


def ranking_case(queries, items):
    relevance = rng.integers(0, 4, (queries, items)) * (rng.random((queries, items)) < 0.5)
    relevance[0] = 0
    scores = np.round(rng.normal(size=(queries, items)) + 0.4 * relevance, 1)
    expected = {str(k): {"linear": sk.ndcg_score(relevance, scores, k=k), "exponential": sk.ndcg_score(2**relevance - 1, scores, k=k)} for k in [1, 3, 5, items, items + 5]}
    return {"queries": queries, "items": items, "relevance": relevance.ravel(), "scores": scores.ravel(), "expected": expected, "tied": tied_expectations(relevance[1:6, :5], scores[1:6, :5])}


def tied_expectations(relevance, scores):
    """MAP, MRR, hit, precision and recall at 3, averaged over every order that the scores allow, by enumeration."""
    from itertools import permutations

    sums = {"map": [], "mrr": [], "hit": [], "precision": [], "recall": []}
    for rel, score in zip(relevance, scores):
        score = np.round(score)
        relevant = (rel > 0).astype(int)
        if relevant.sum() == 0:
            continue
        orders = [o for o in permutations(range(len(score))) if all(score[a] >= score[b] for a, b in zip(o, o[1:]))]
        values = {name: [] for name in sums}
        for order in orders:
            top = relevant[list(order)][:3]
            precision = np.cumsum(top) / np.arange(1, 4)
            values["map"].append((precision * top).sum() / min(3, relevant.sum()))
            values["mrr"].append(1 / (top.argmax() + 1) if top.any() else 0)
            values["hit"].append(float(top.any()))
            values["precision"].append(top.sum() / 3)
            values["recall"].append(top.sum() / relevant.sum())
        for name in sums:
            sums[name].append(np.mean(values[name]))
    return {"relevance": relevance, "scores": np.round(scores), "k": 3, "expected": {name: np.mean(v) for name, v in sums.items()}}


OUTPUTS = [
    "The quick brown fox jumps over the lazy dog.",
    "He paid $1,250.50 for it on 2024-06-01 -- \"too much\", she said.",
    "",
    "the cat the cat on the mat",
    "It's a well-known state-of-the-art approach (v2.0), isn't it?",
    "Déjà vu: naïve café 😀 tests.",
    "short",
    "A &quot;quoted&quot; &amp; escaped text <skipped> with 10-20 dashes",
    "First sentence here.\nSecond sentence follows it.\nThird one ends.",
    "completely unrelated words appear",
    "a long answer to a short question",
]
REFERENCES = [
    ["A quick brown fox jumped over the lazy dog.", "The fast brown fox jumps over a lazy dog ."],
    ["On 2024-06-01 he paid $1,250.50 - \"far too much\", she said.", "He paid 1,250.50 dollars."],
    ["Nothing was written.", "Empty answer."],
    ["the cat is on the mat", "there is a cat on the mat"],
    ["It is a well known state-of-the-art approach (v2.0), is it not?", "State of the art!"],
    ["Déjà vu : naive cafés 😀 test .", "déjà-vu tests"],
    ["short text", "A shorter one"],
    ["A \"quoted\" & escaped text with 10-20 dashes", "Some text"],
    ["The first sentence is here.\nThe second follows.\nThe third one ends it.", "First.\nSecond sentence.\nThird."],
    ["nothing in common at all", "still nothing shared"],
    ["a yes", "ok"],
]


# Words and pairs in common, nothing longer: every smoothing gives another score.
SPARSE_OUTPUTS = ["one two here and there", "three four apart"]
SPARSE_REFERENCES = ["well one two is not here", "three four together"]


def sentence_pairs(count):
    """Texts of few words over few lines, in which several common subsequences are equally long."""
    line = lambda: " ".join(rng.choice(["a", "b", "c"], rng.integers(3, 8)))
    text = lambda: "\n".join(line() for _ in range(rng.integers(1, 4)))
    pairs = [(text(), text()) for _ in range(count)]
    scorer = rouge_scorer.RougeScorer(["rougeLsum"], use_stemmer=False)
    return [{"output": out, "reference": ref, "f": scorer.score(ref, out)["rougeLsum"].fmeasure} for out, ref in pairs]


def text_case():
    lists = [[row[i] for row in REFERENCES] for i in range(2)]
    single = [[row[0] for row in REFERENCES]]
    bleu = {}
    for method, value in [("exp", None), ("none", None), ("floor", 0.1), ("floor", 0.5), ("add-k", 1), ("add-k", 2)]:
        for lowercase in [False, True]:
            metric = BLEU(smooth_method=method, smooth_value=value, lowercase=lowercase)
            bleu[f"{method}_{value}_{lowercase}"] = metric.corpus_score(OUTPUTS, lists).score
    sentence = BLEU(effective_order=True)
    scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL", "rougeLsum"], use_stemmer=False)
    rouge = [
        {name: [s.precision, s.recall, s.fmeasure] for name, s in scorer.score_multi(refs, out).items()}
        for out, refs in zip(OUTPUTS, REFERENCES)
    ]
    tokenizer = BLEU().tokenizer
    return {
        "outputs": OUTPUTS,
        "references": REFERENCES,
        "sparse_outputs": SPARSE_OUTPUTS,
        "sparse_references": SPARSE_REFERENCES,
        "expected": {
            "tokens": [tokenizer(text.rstrip()) for text in OUTPUTS],
            "bleu": bleu,
            "bleu_sparse": {
                f"{method}_{value}": BLEU(smooth_method=method, smooth_value=value).corpus_score(SPARSE_OUTPUTS, [SPARSE_REFERENCES]).score
                for method, value in [("exp", None), ("none", None), ("floor", 0.1), ("add-k", 1)]
            },
            "bleu_single": BLEU().corpus_score(OUTPUTS, single).score,
            "bleu_sentence": [sentence.sentence_score(out, refs).score for out, refs in zip(OUTPUTS, REFERENCES)],
            "bleu_short": BLEU().corpus_score(["a b c"], [["a b c"]]).score,
            "chrf": CHRF().corpus_score(OUTPUTS, lists).score,
            "chrf_lowercase": CHRF(lowercase=True).corpus_score(OUTPUTS, lists).score,
            "chrf_plus_plus": CHRF(word_order=2).corpus_score(OUTPUTS, lists).score,
            "chrf_sentence": [CHRF().sentence_score(out, refs).score for out, refs in zip(OUTPUTS, REFERENCES)],
            "rouge": rouge,
            "rouge_lsum_pairs": sentence_pairs(40),
        },
    }


def proportion_cases():
    cases = []
    for k, n in [(0, 1), (1, 1), (0, 10), (3, 10), (10, 10), (1, 30), (29, 30), (450, 500), (7, 100000), (99999, 100000)]:
        for level in [0.8, 0.95, 0.999]:
            test = stats.binomtest(k, n)
            wilson, exact = (test.proportion_ci(level, method) for method in ["wilson", "exact"])
            cases.append({"k": k, "n": n, "level": level, "wilson": list(wilson), "exact": list(exact)})
    return cases


def mcnemar_cases():
    cases = []
    for b, c in [(0, 0), (1, 0), (5, 5), (3, 9), (12, 12), (12, 13), (30, 12), (0, 40), (150, 201), (9001, 9300)]:
        exact = mcnemar([[10, b], [c, 10]], exact=True)
        case = {"b": b, "c": c, "exact": exact.pvalue, "mid_p": min(1.0, exact.pvalue - stats.binom.pmf(min(b, c), b + c, 0.5)) if b != c else 1.0}
        if b + c > 0:
            case["chi_square"] = mcnemar([[10, b], [c, 10]], exact=False, correction=False).pvalue
            if b != c:
                case["chi_square_corrected"] = mcnemar([[10, b], [c, 10]], exact=False, correction=True).pvalue
        cases.append(case)
    return cases


def holm_cases():
    lists = [[0.01, 0.04, 0.03, 0.005], [0.5, 0.9], [0.02, 0.03], [0.2], [0.01, 0.01, 0.011, 1, 0], [k * k % 97 / 1000 for k in range(1, 40)]]
    return [{"p": p, "adjusted": multipletests(p, method="holm")[1]} for p in lists]


def quantile_rank_cases():
    """The ranks between which the quantile of n values lies: one past the upper quantile of the count below it."""
    cases = []
    for n, p in [(100, 0.5), (1000, 0.99), (400, 0.95), (50, 0.25)]:
        low, high = stats.binom.ppf([0.025, 0.975], n, p)
        cases.append({"n": n, "p": p, "low": int(low), "high": int(high) + 1})
    return cases


def tango_cases():
    """Score interval by numerical maximum likelihood, sharing no formula with the implementation."""

    def score(b, c, n, d):
        lower, upper = max(0.0, -d), (1 - d) / 2
        # q = P(champion only), q + d = P(candidate only); maximise the trinomial likelihood over q.
        slope = lambda q: (b / (q + d) if b else 0) + (c / q if c else 0) - 2 * (n - b - c) / (1 - 2 * q - d)
        eps = 1e-15
        lo, hi = lower + eps, upper - eps
        if b + c == n:
            q = hi
        elif slope(lo) <= 0:
            q = lower
        else:
            q = optimize.brentq(slope, lo, hi, xtol=1e-16, rtol=1e-15, maxiter=500)
        variance = (2 * q + d - d * d) * n
        return (b - c - n * d) / math.sqrt(variance)

    cases = []
    for b, c, n in [(0, 0, 30), (5, 2, 50), (2, 5, 50), (0, 7, 60), (12, 30, 500), (80, 60, 1000), (1, 1, 10), (30, 12, 43)]:
        for level in [0.9, 0.95]:
            z = stats.norm.ppf((1 + level) / 2)
            d = (b - c) / n
            low = optimize.brentq(lambda x: score(b, c, n, x) - z, -1 + 1e-9, d - 1e-12, xtol=1e-15)
            high = optimize.brentq(lambda x: score(b, c, n, x) + z, d + 1e-12, 1 - 1e-9, xtol=1e-15)
            cases.append({"b": b, "c": c, "n": n, "level": level, "low": low, "high": high, "p_margin_0.05": stats.norm.sf(score(b, c, n, -0.05))})
    return cases


def delong_case():
    """DeLong by its definition over all pairs of a positive and a negative."""
    labels, champion, _ = binary_data(120)
    candidate = np.round(np.clip(champion + 0.1 * rng.normal(size=120), 0, 1), 2)

    def components(scores):
        kernel = np.sign(scores[labels == 1][:, None] - scores[labels == 0][None, :]) / 2 + 0.5
        return kernel.mean(1), kernel.mean(0), kernel.mean()

    (p1, n1, a1), (p2, n2, a2) = components(candidate), components(champion)
    covariance = np.cov(np.stack([p1, p2])) / len(p1) + np.cov(np.stack([n1, n2])) / len(n1)
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    z = (a1 - a2) / math.sqrt(variance)
    return {
        "labels": labels,
        "candidate": candidate,
        "champion": champion,
        "expected": {"auc": [a1, a2], "se": [math.sqrt(covariance[0, 0]), math.sqrt(covariance[1, 1])], "difference_se": math.sqrt(variance), "z": z, "p": 2 * stats.norm.sf(abs(z))},
    }


def bootstrap_cases():
    skewed = np.round(rng.gamma(1.5, 2, 40), 3)
    coins = (rng.random(30) < 0.2).astype(float)  # many resamples equal the observed mean
    cases = []
    for name, statistic, data in [("mean", np.mean, skewed), ("std", lambda x, axis: np.std(x, axis=axis), skewed), ("mean", np.mean, coins)]:
        for method in ["percentile", "BCa"]:
            result = stats.bootstrap((data,), statistic, n_resamples=400, method=method, confidence_level=0.9, rng=np.random.default_rng(7))
            cases.append({
                "statistic": name,
                "data": data,
                "method": method,
                "level": 0.9,
                "observed": statistic(data, axis=0),
                "distribution": result.bootstrap_distribution,
                "low": result.confidence_interval.low,
                "high": result.confidence_interval.high,
            })
    return {"data": skewed, "cases": cases}


def permutation_case():
    candidate, champion = np.round(rng.gamma(2, 1, 10), 2), np.round(rng.gamma(2, 1.3, 10), 2)
    mean = lambda x, y, axis: np.mean(x - y, axis=axis)
    test = stats.permutation_test((candidate, champion), mean, permutation_type="samples", vectorized=True, alternative="two-sided")
    extreme = np.mean(np.abs(test.null_distribution) >= abs(test.statistic) - 1e-12)
    return {"candidate": candidate, "champion": champion, "expected": {"difference": test.statistic, "p": extreme, "scipy_p": test.pvalue}}


def fairness_case(n):
    labels, scores, weights = binary_data(n)
    groups = rng.integers(0, 4, n)
    decisions = (scores + 0.08 * groups >= 0.6).astype(int)
    weights = weights + 0.01
    expected = {}
    for weighted in [False, True]:
        w = {"sample_weight": weights if weighted else None}
        for method in ["between_groups", "to_overall"]:
            for kind in ["difference", "ratio"]:
                for name in ["demographic_parity", "equal_opportunity"]:
                    expected[f"{name}_{kind}/{method}/{weighted}"] = getattr(fl, f"{name}_{kind}")(labels, decisions, sensitive_features=groups, method=method, **w)
                for agg in ["worst_case", "mean"]:
                    expected[f"equalized_odds_{kind}/{method}/{weighted}/{agg}"] = getattr(fl, f"equalized_odds_{kind}")(labels, decisions, sensitive_features=groups, method=method, agg=agg, **w)
    rates = {
        str(g): {
            "selection_rate": fl.selection_rate(labels[groups == g], decisions[groups == g]),
            "tpr": fl.true_positive_rate(labels[groups == g], decisions[groups == g]),
            "fpr": fl.false_positive_rate(labels[groups == g], decisions[groups == g]),
            "tnr": fl.true_negative_rate(labels[groups == g], decisions[groups == g]),
            "fnr": fl.false_negative_rate(labels[groups == g], decisions[groups == g]),
        }
        for g in range(4)
    }
    return {"labels": labels, "decisions": decisions, "groups": groups, "weights": weights, "expected": expected, "rates": rates}


def label_free_case(n):
    """Expected confusion by its definition, and the area on calibrated mass by sklearn's weights."""
    proba = np.round(rng.beta(1.2, 2, n), 3)
    predicted = (proba >= 0.5).astype(int)
    tp, fp = proba[predicted == 1].sum(), (1 - proba[predicted == 1]).sum()
    fn, tn = proba[predicted == 0].sum(), (1 - proba[predicted == 0]).sum()
    auc = sk.roc_auc_score(np.r_[np.ones(n), np.zeros(n)], np.r_[proba, proba], sample_weight=np.r_[proba, 1 - proba])
    return {
        "probabilities": proba,
        "expected": {"accuracy": (tp + tn) / n, "precision": tp / (tp + fp), "recall": tp / (tp + fn), "f1": tp / (tp + 0.5 * (fp + fn)), "roc_auc": auc},
    }


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    return None if isinstance(value, float) and math.isnan(value) else value


def main():
    small = binary_data(200)
    large = binary_data(400)
    goldens = {
        "versions": {name: version(name) for name in ["numpy", "scipy", "scikit-learn", "statsmodels", "fairlearn", "sacrebleu", "rouge_score"]},
        "binary": binary_case(*small),
        "binary_plain": binary_case(small[0], small[1], np.ones(200)),
        "calibration": calibration_case(*large),
        "multiclass": multiclass_case(150, 4, 5),
        "regression": regression_case(61),
        "ranking": ranking_case(20, 9),
        "text": text_case(),
        "proportions": proportion_cases(),
        "mcnemar": mcnemar_cases(),
        "holm": holm_cases(),
        "quantile_ranks": quantile_rank_cases(),
        "tango": tango_cases(),
        "delong": delong_case(),
        "bootstrap": bootstrap_cases(),
        "permutation": permutation_case(),
        "fairness": fairness_case(300),
        "label_free": label_free_case(150),
    }
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(plain(goldens), ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
