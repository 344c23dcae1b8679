"""Expected values for tests and intervals that may be looked at after every row.

`npm run goldens` runs it. Writes sequential.json beside this file.
No package that installs everywhere has these, so mixtures are integrated and products multiplied by their definition at 40
digits, and ends of intervals are found by mpmath's or SciPy's root finders; the fixed-sample tests are SciPy's.
"""

import json
from importlib.metadata import version
from pathlib import Path

import mpmath as mp
from scipy import stats

mp.mp.dps = 40


def mixture_e(k, n, rate, a, b):
    """E-value by quadrature of the mixture, not by its closed form."""
    rate, peak = mp.mpf(rate), mp.mpf(k + 1) / (n + 2)
    density = lambda p: p ** (a - 1) * (1 - p) ** (b - 1) / mp.beta(a, b)
    ratio = lambda p: density(p) * (p / rate) ** k * ((1 - p) / (1 - rate)) ** (n - k)
    width = mp.sqrt(peak * (1 - peak) / n)
    cuts = sorted({mp.mpf(0), mp.mpf(1)} | {c for c in (peak + j * width for j in range(-12, 40, 3)) if 0 < c < 1})
    return mp.quad(ratio, cuts)


def mixture_cases():
    cases = []
    for k, n, rate, a, b in [
        (0, 409, 0.01, 1, 200), (1, 100, 0.05, 1, 40), (5, 708, 0.02, 1, 100), (30, 1000, 0.02, 1, 100),
        (12, 15, 0.5, 1, 1), (3, 20, 0.5, 1, 1), (90, 4000, 0.03, 0.5, 0.5), (7, 7, 0.5, 1, 1),
    ]:
        cases.append({"k": k, "n": n, "rate": rate, "a": a, "b": b, "log_e": float(mp.log(mixture_e(k, n, rate, a, b)))})
    return cases


def proportion_cases():
    cases = []
    for k, n, level, a, b in [(0, 409, 0.95, 1, 200), (4, 1000, 0.95, 1, 200), (30, 200, 0.9, 1, 1), (199, 200, 0.95, 1, 1), (5000, 20000, 0.99, 0.5, 0.5)]:
        reach = -mp.log1p(-mp.mpf(level))
        log_e = lambda q: mp.log(mp.beta(a + k, b + n - k) / mp.beta(a, b)) - k * mp.log(q) - (n - k) * mp.log1p(-q)
        root = lambda low, high: mp.findroot(lambda q: log_e(q) - reach, (low, high), solver="anderson", tol=1e-25)
        share, tiny = mp.mpf(k) / n, mp.mpf(10) ** -12
        low = 0 if k == 0 else root(share * mp.mpf("1e-3"), share * (1 - mp.mpf("1e-6")))
        high = 1 if k == n else root(share + (1 - share) * mp.mpf("1e-6"), min(1 - tiny, share * 3 + mp.mpf(20) / n))
        cases.append({"k": k, "n": n, "level": level, "a": a, "b": b, "low": float(low), "high": float(high)})
    return cases


BETS = [mp.mpf("0.99") * mp.mpf(2) ** (-mp.mpf(i) / 2) for i in range(20)]


def capital(differences, mean):
    """Mean over the bets of the product over the rows, row by row."""
    total = mp.mpf(0)
    for share in BETS:
        product, bet = mp.mpf(1), share / (1 + mean)
        for difference in differences:
            product *= 1 + bet * (difference - mean)
        total += product
    return total / len(BETS)


def betting_cases():
    cases = []
    for up, down, rows, level in [(3, 12, 200, 0.95), (40, 20, 500, 0.95), (0, 0, 100, 0.9), (9, 0, 9, 0.95)]:
        differences = [1] * up + [-1] * down + [0] * (rows - up - down)
        reach = 2 / (1 - mp.mpf(level))

        def end(values):
            low, high = mp.mpf(-1) + mp.mpf(10) ** -15, mp.mpf(sum(values)) / rows
            if high >= 1:
                high = 1 - mp.mpf(10) ** -15
            for _ in range(60):
                middle = (low + high) / 2
                if capital(values, middle) >= reach:
                    low = middle
                else:
                    high = middle
            return low

        low, high = end(differences), -end([-d for d in differences])
        at_zero = mp.log(capital(differences, mp.mpf(0)))
        cases.append({"up": up, "down": down, "rows": rows, "level": level, "log_capital_0": float(at_zero), "low": float(low), "high": 1.0 if up == rows else float(high)})
    return cases


def exceedance_cases():
    return [
        {"k": k, "n": n, "p": p, "value": float(stats.binomtest(k, n, p, alternative="greater").pvalue)}
        for k, n, p in [(0, 50, 0.05), (5, 100, 0.05), (14, 100, 0.05), (70, 1000, 0.05), (25, 1000, 0.01)]
    ]


def one_sided_cases():
    return [
        {"k": k, "n": n, "alpha": alpha, "upper": float(stats.binomtest(k, n, 0.5, alternative="less").proportion_ci(1 - alpha, "exact").high)}
        for k, n, alpha in [(0, 299, 0.05), (3, 773, 0.05), (12, 400, 0.01)]
    ]


golden = {
    "versions": {name: version(name) for name in ["mpmath", "scipy"]},
    "mixture": mixture_cases(),
    "proportion": proportion_cases(),
    "betting": betting_cases(),
    "exceedance": exceedance_cases(),
    "one_sided": one_sided_cases(),
}
Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
