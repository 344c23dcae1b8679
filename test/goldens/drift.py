"""Expected values for test/stats: distributions, two-sample tests, categorical tests, divergences, corrections.

`npm run goldens` runs it. Writes drift.json beside this file.
Inputs are stored rounded, so that both sides start from the same doubles.
"""
import json
import pathlib
import platform

import mpmath as mp
import numpy as np
import scipy
import sklearn
from scipy import spatial, stats
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

OUT = pathlib.Path(__file__).with_name("drift.json")
rng = np.random.Generator(np.random.PCG64(20240601))


def rounded(values, digits=4):
    return np.round(np.asarray(values, float), digits)


def plain(value):
    """JSON has no NaN or infinity: null and the strings 'inf' and '-inf' stand for them."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, (bool, np.bool_, str)) or value is None:
        return bool(value) if isinstance(value, np.bool_) else value
    if isinstance(value, (int, np.integer)):
        return int(value)
    number = float(value)
    if number != number:
        return None
    return number if abs(number) != float("inf") else ("inf" if number > 0 else "-inf")


# Special functions, from mpmath at 40 or more digits -------------------------------------------------------------------
def incomplete_gamma(a, x):
    """P and Q by the power series, with digits enough for 1 - P."""
    with mp.workdps(400):
        a, x = mp.mpf(a), mp.mpf(x)
        term = total = mp.mpf(1)
        k = 0
        while term > total * mp.mpf(10) ** -390:
            k += 1
            term *= x / (a + k)
            total += term
        lower = x**a * mp.exp(-x) / mp.gamma(a + 1) * total
        return lower, 1 - lower


def incomplete_beta(x, a, b, digits=40):
    with mp.workdps(digits):
        x, a, b = mp.mpf(x), mp.mpf(a), mp.mpf(b)
        term = total = mp.mpf(1)
        k = 0
        while term > total * mp.mpf(10) ** (8 - digits):
            term *= (a + b + k) / (a + 1 + k) * x
            total += term
            k += 1
        return x**a * (1 - x) ** b / (a * mp.beta(a, b)) * total


def special():
    mp.mp.dps = 50
    rows = []

    def add(name, args, value):
        if 1e-300 < abs(value) < 1e300:
            rows.append([name, [float(arg) for arg in args], float(value)])

    for x in [1e-300, 1e-10, 0.1, 0.49, 0.99, 1 - 1e-9, 1 + 1e-9, 1.5, 1.9999, 2.0001, 2.5, 3, 7.3, 9.99, 10, 15, 100, 1e5, 1e10, 1e290]:
        add("logGamma", [x], mp.loggamma(mp.mpf(x)))
    for x in [1e-300, 1e-10, 0.1, 0.5, 1, 1.49, 1.5, 2, 3, 5, 10, 20, 26, -1, -3]:
        add("erf", [x], mp.erf(mp.mpf(x)))
        add("erfc", [x], mp.erfc(mp.mpf(x)))
    for z in [-37, -10, -3, -1, -1e-5, 0, 0.3, 1, 2, 2.5, 5, 10, 37]:
        add("normalCdf", [z], mp.ncdf(mp.mpf(z)))
        add("normalSf", [z], mp.ncdf(-mp.mpf(z)))
    for z in [-20, -5, -1, 0, 1, 3, 10, 100, 1e5]:
        add("normalLogSf", [z], mp.log(mp.erfc(mp.mpf(z) / mp.sqrt(2)) / 2))
    for p in [1e-300, 1e-20, 1e-8, 0.001, 0.025, 0.2, 0.25, 0.4, 0.4999999, 0.5000001, 0.6, 0.75, 0.8, 0.975, 0.999999]:
        exact = mp.mpf(p)
        start = mp.mpf(float(stats.norm.ppf(p)))
        side = (lambda z: mp.log(mp.ncdf(z) / exact)) if p < 0.5 else (lambda z: mp.log(mp.ncdf(-z) / (1 - exact)))
        add("normalQuantile", [p], mp.findroot(side, start))
    for a in [1e-5, 0.01, 0.5, 1, 2.5, 10, 100, 1500]:
        for ratio in [1e-8, 0.01, 0.3, 0.9, 0.99, 1, 1.01, 1.1, 1.5, 2, 5]:
            if a * ratio > 4000:
                continue
            lower, upper = incomplete_gamma(a, a * ratio)
            add("gammaLower", [a, a * ratio], lower)
            add("gammaUpper", [a, a * ratio], upper)
            add("gammaLogUpper", [a, a * ratio], mp.log(upper))
    for a, b in [(0.5, 0.5), (0.01, 3), (1, 1), (2, 3), (0.5, 50), (10, 0.5), (30, 40), (500, 0.5), (500, 700), (1, 1e4), (2e4, 3e4)]:
        centre = a / (a + b)
        for part in [1e-6, 0.1, 0.5, 0.9, 0.99, 1]:
            value = incomplete_beta(centre * part, a, b)
            add("betaLower", [centre * part, a, b], value)
            add("betaUpper", [centre * part, a, b], 1 - value)
    for n, p in [(1, 0.3), (10, 0.5), (100, 0.01), (1000, 0.3), (100000, 0.4), (1000000, 1e-5)]:
        for k in sorted({0, 1, int(n * p / 2), int(n * p), min(n, int(n * p * 1.1) + 1), min(n, int(2 * n * p)), n}):
            exact = mp.mpf(p)
            add("binomialPmf", [k, n, p], mp.binomial(n, k) * exact**k * (1 - exact) ** (n - k))
    for df in [1, 2.5, 5, 30, 200, 1e4]:
        for t in [-3, 1e-6, 0.1, 1, 2, 5, 20]:
            with mp.workdps(150):
                square = mp.mpf(t) ** 2
                half = incomplete_beta(square / (df + square), 0.5, df / 2, 150) / 2
                add("studentTSf", [t, df], 0.5 - half if t > 0 else 0.5 + half)
        for p in [1e-10, 0.025, 0.3, 0.6, 0.999]:
            add("studentTQuantile", [p, df], stats.t.ppf(p, df))
    for df in [1, 2, 9, 100, 10000]:
        for x in [0.01, 1, 4, 30, 300, 12000]:
            add("chiSquareSf", [x, df], stats.chi2.sf(x, df))
        for upper in [0.999, 0.5, 0.05, 1e-6]:
            add("chiSquareUpperQuantile", [upper, df], stats.chi2.isf(upper, df))
    for n, p in [(1, 0.3), (20, 0.25), (1000, 0.5), (100000, 0.001)]:
        for k in [0, int(n * p), min(n - 1, int(n * p * 1.5) + 1)]:
            add("binomialCdf", [k, n, p], stats.binom.cdf(k, n, p))
            add("binomialSf", [k, n, p], stats.binom.sf(k, n, p))
    for p in [1e-12, 0.025, 0.5, 0.9]:
        for a, b in [(0.5, 0.5), (3, 7), (51, 950), (1000, 1)]:
            add("betaQuantile", [p, a, b], stats.beta.ppf(p, a, b))
    for n in [1, 2, 5, 20, 100, 140, 141, 200, 1000, 50000, 1000000]:
        for scaled in [0.3, 0.5, 0.8, 1, 1.2, 1.36, 1.48, 1.6, 2, 3, 5, 15]:
            if scaled / n**0.5 < 1:
                add("kolmogorovSf", [scaled / n**0.5, n], stats.kstwo.sf(scaled / n**0.5, n))
    return rows


# One sample ------------------------------------------------------------------------------------------------------------
def one_sample():
    samples = {
        "normal": rounded(rng.normal(size=101)),
        "lognormal": rounded(np.exp(rng.normal(size=200))),
        "ties": rounded(rng.poisson(2, size=150)),
        "offset": 1e9 + np.array([4.0, 7, 13, 16]),
        "two": np.array([1.5, -2.25]),
    }
    probabilities = [0, 0.01, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.9, 0.99, 1]
    cases = []
    for name, values in samples.items():
        weights = np.round(rng.uniform(0, 3, size=len(values)), 2)
        order = np.argsort(values, kind="stable")
        cases.append({
            "name": name,
            "values": values,
            "weights": weights,
            "probabilities": probabilities,
            "quantiles": np.quantile(values, probabilities),
            "weightedQuantiles": np.quantile(values[order], probabilities[1:], weights=weights[order], method="inverted_cdf"),
            "mean": np.mean(values),
            "variance0": np.var(values),
            "variance1": np.var(values, ddof=1),
            "skewness": stats.skew(values),
            "kurtosis": stats.kurtosis(values),
        })
    return cases


def correlation():
    x = rounded(rng.normal(size=80))
    y = rounded(0.4 * x + rng.normal(size=80), 1)
    z = rounded(rng.integers(0, 4, size=80))
    return [
        {"x": a, "y": b, "pearson": stats.pearsonr(a, b)[0], "spearman": stats.spearmanr(a, b)[0]}
        for a, b in [(x, y), (y, z), (x, -3 * x + 1)]
    ]


# Two samples -----------------------------------------------------------------------------------------------------------
def two_samples():
    pairs = {
        "small": (rounded(rng.normal(size=7)), rounded(rng.normal(0.5, 1, size=9))),
        "equal sizes": (rounded(rng.normal(size=20)), rounded(rng.normal(0.3, 1, size=20))),
        "shift": (rounded(rng.normal(size=300)), rounded(rng.normal(0.3, 1, size=170))),
        "scale": (rounded(rng.normal(size=250)), rounded(rng.normal(0, 1.5, size=400))),
        "ties": (rounded(rng.poisson(3, size=200)), rounded(rng.poisson(3.6, size=120))),
        "heavy ties": (rounded(rng.integers(0, 2, size=60)), rounded(rng.integers(0, 3, size=45))),
        "apart": (rounded(rng.normal(size=40)), rounded(rng.normal(30, 1, size=50))),
        "identical": (np.arange(30.0), np.arange(30.0)),
        "offset": (1e9 + rounded(rng.normal(size=50), 2), 1e9 + rounded(rng.normal(0.4, 1, size=60), 2)),
    }
    cases = []
    for name, (reference, current) in pairs.items():
        exact = stats.ks_2samp(reference, current, method="exact")
        u = stats.mannwhitneyu(reference, current, alternative="two-sided")
        cvm = stats.cramervonmises_2samp(reference, current)
        anderson = stats.anderson_ksamp([reference, current], variant="midrank")
        weights = [np.round(rng.uniform(0.1, 2, size=len(side)), 2) for side in (reference, current)]
        # Differences from a value of the sample are exact here; around 1e9 scipy itself is good to six digits only.
        welch = stats.ttest_ind(reference - reference[0], current - reference[0], equal_var=False)
        pooled = stats.ttest_ind(reference - reference[0], current - reference[0])
        cases.append({
            "name": name,
            "reference": reference,
            "current": current,
            "weights": weights,
            "ks": {
                "statistic": exact.statistic, "sign": exact.statistic_sign, "location": exact.statistic_location, "exact": exact.pvalue,
                "asymptotic": stats.ks_2samp(reference, current, method="asymp").pvalue,
            },
            "wasserstein": stats.wasserstein_distance(reference, current),
            "weightedWasserstein": stats.wasserstein_distance(reference, current, weights[0], weights[1]),
            "referenceDeviation": np.std(reference),
            "energy": stats.energy_distance(reference, current),
            "cramerVonMises": {"statistic": cvm.statistic, "pValue": cvm.pvalue},
            "andersonDarling": {"statistic": anderson.statistic, "pValue": anderson.pvalue},
            "mannWhitney": {"statistic": u.statistic, "pValue": u.pvalue},
            "welch": {"statistic": welch.statistic, "df": welch.df, "pValue": welch.pvalue},
            "pooled": {"statistic": pooled.statistic, "df": pooled.df, "pValue": pooled.pvalue},
        })
    return cases


def anderson_three():
    samples = [rounded(rng.normal(shift, 1, size=size), 1) for shift, size in [(0, 40), (0.3, 55), (0.6, 35)]]
    result = stats.anderson_ksamp(samples, variant="midrank")
    return {"samples": samples, "statistic": result.statistic, "pValue": result.pvalue}


def large_ks():
    """Sizes past scipy's switch to the asymptotic law; the data are recipes: i/n ** power."""
    cases = []
    for n, m, power in [(10001, 10001, 1.01), (20000, 150, 1.2), (60000, 45000, 1.002), (12000, 5, 1.5), (30000, 30000, 1.5)]:
        result = stats.ks_2samp(np.arange(n) / n, (np.arange(m) / m) ** power)
        cases.append({"n": n, "m": m, "power": power, "statistic": result.statistic, "pValue": result.pvalue})
    return cases


# Categories ------------------------------------------------------------------------------------------------------------
def corrected_v(table):
    table = np.asarray(table, float)
    n = table.sum()
    phi2 = stats.chi2_contingency(table, correction=False).statistic / n
    r, k = table.shape
    phi2 = max(0, phi2 - (k - 1) * (r - 1) / (n - 1))
    return np.sqrt(phi2 / min(r - (r - 1) ** 2 / (n - 1) - 1, k - (k - 1) ** 2 / (n - 1) - 1))


def tables():
    cases = []
    for table in [
        [[10, 20], [30, 40]], [[12, 5, 7], [9, 15, 3]], [[300, 250, 200, 120, 80, 50], [28, 26, 22, 11, 9, 4]],
        [[1000, 2000], [1100, 1950]], [[5, 9, 12], [8, 3, 20], [14, 6, 2]], [[70000, 30000], [60000, 40000]], [[3, 1], [2, 8]],
    ]:
        chi2 = stats.chi2_contingency(table, correction=False)
        g = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")
        cases.append({
            "table": table, "statistic": chi2.statistic, "pValue": chi2.pvalue, "df": chi2.dof, "low": int((chi2.expected_freq < 5).sum()),
            "g": g.statistic, "gP": g.pvalue, "cramersV": stats.contingency.association(table, method="cramer"), "corrected": corrected_v(table),
        })
    return cases


def fisher():
    return [
        {"table": table, "pValue": stats.fisher_exact(table).pvalue}
        for table in [[[3, 1], [1, 3]], [[8, 2], [1, 5]], [[0, 10], [6, 4]], [[100, 2], [1000, 5]], [[7, 0], [0, 9]], [[12, 12], [12, 12]],
                      [[1500, 300], [1400, 420]], [[0, 0], [3, 4]], [[50000, 120], [49000, 200]]]
    ]


def divergence_cases():
    cases = []
    for reference, current in [
        ([30, 25, 20, 12, 8, 5], [22, 30, 18, 15, 9, 6]), ([1, 1], [1, 3]), ([10, 0, 5], [8, 2, 5]), ([5, 5, 0], [0, 0, 7]),
        ([100000, 1], [100000, 9]), ([4, 4, 4], [4, 4, 4]),
    ]:
        p, q = np.array(reference) / sum(reference), np.array(current) / sum(current)
        fp, fq = np.maximum(p, 1e-4), np.maximum(q, 1e-4)
        union = (p + q) > 0
        cases.append({
            "reference": reference, "current": current,
            "psi": np.sum((fq - fp) * np.log(fq / fp)), "floored": int(((p < 1e-4) | (q < 1e-4)).sum()),
            "js": spatial.distance.jensenshannon(p, q, base=2), "kl": stats.entropy(p, q),
            "hellinger": np.sqrt(np.sum((np.sqrt(p) - np.sqrt(q)) ** 2) / 2), "tvd": np.abs(p - q).sum() / 2, "linf": np.abs(p - q).max(),
            "balancedV": np.sqrt(np.sum((p - q)[union] ** 2 / (p + q)[union]) / 2),
        })
    return cases


def benjamini_hochberg():
    lists = [[0.01, 0.04, 0.03, 0.005], [0.5], [0.02, 0.02, 0.9, 1], list(rounded(rng.uniform(size=40), 5)), [0.001, 0.001, 0.001]]
    return [{"p": p, "adjusted": stats.false_discovery_control(p)} for p in lists]


# Many columns ----------------------------------------------------------------------------------------------------------
def logistic():
    x = rounded(rng.normal(size=(60, 3)), 3)
    y = (x @ [1.0, -0.5, 0] + rng.normal(size=60) > 0.2).astype(int)
    cases = []
    for l2 in [0.1, 1, 10]:
        model = LogisticRegression(C=1 / l2, tol=1e-12, max_iter=10000, solver="newton-cholesky").fit(x, y)
        cases.append({"l2": l2, "intercept": model.intercept_[0], "weights": model.coef_[0], "probabilities": model.predict_proba(x)[:, 1]})
    return {"x": x, "y": y, "fits": cases, "auc": roc_auc_score(y, x[:, 0])}


def pca():
    x = rounded(rng.normal(size=(80, 5)) @ rng.normal(size=(5, 5)) + [1, -2, 0, 4, 10], 3)
    other = rounded(rng.normal(size=(30, 5)) * 2, 3)
    mean, deviation = x.mean(0), x.std(0)
    scaled, other_scaled = (x - mean) / deviation, (other - mean) / deviation
    model = PCA(n_components=0.65, svd_solver="full").fit(scaled)
    error = lambda rows: np.sqrt(((rows - model.inverse_transform(model.transform(rows))) ** 2).sum(1))
    return {
        "x": x, "other": other, "components": model.n_components_, "ratios": PCA().fit(scaled).explained_variance_ratio_,
        "errors": error(scaled), "otherErrors": error(other_scaled),
    }


goldens = {
    "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__, "mpmath": mp.__version__},
    "special": special(),
    "oneSample": one_sample(),
    "correlation": correlation(),
    "twoSamples": two_samples(),
    "andersonThree": anderson_three(),
    "largeKs": large_ks(),
    "tables": tables(),
    "fisher": fisher(),
    "divergences": divergence_cases(),
    "benjaminiHochberg": benjamini_hochberg(),
    "logistic": logistic(),
    "pca": pca(),
}
OUT.write_text(json.dumps(plain(goldens), allow_nan=False, separators=(",", ":")) + "\n")
print(OUT, OUT.stat().st_size)
