"""Shows Slipway's verdicts in a notebook. Needs nothing but Python 3.8 and IPython.

    import slipway
    slipway.show("flight-delay")          # newest run of a model
    slipway.show("flight-delay", "v2")    # newest run of a version
    slipway.show()                        # newest run of all

In VS Code with Slipway the output is the report's gates, drawn; elsewhere it is a table, or plain text.
"""

import gzip
import hashlib
import html
import json
import os

MIME = "application/vnd.slipway.report+json"
MARKS = {"pass": "\u2713", "fail": "\u2717", "inconclusive": "?", "error": "!"}


def show(model=None, version=None, workspace=None):
    """Displays the newest saved run of a model, or of one of its versions."""
    from IPython.display import display

    display(bundle(load(model, version, workspace)), raw=True)


def load(model=None, version=None, workspace=None):
    """Reads the newest saved run from .slipway, found here or in a folder above; checks its digest."""
    folder = os.path.join(workspace or _find(os.getcwd()), ".slipway")
    newest = None
    with open(os.path.join(folder, "journal.jsonl"), encoding="utf-8") as journal:
        for line in journal:
            if not line.endswith("\n"):
                break  # its writer has not finished, or never did
            entry = json.loads(line)
            if entry["kind"] != "run":
                continue
            summary = entry["body"]["summary"]
            if model in (None, summary["model"]) and version in (None, summary["version"]):
                newest = entry["body"]["report"]
    if newest is None:
        asked = " ".join(part for part in (model, version) if part)
        raise LookupError(f"no run{' of ' + asked if asked else ''} is saved in {folder}; run `slipway run`")
    with gzip.open(os.path.join(folder, "blobs", "sha256", newest[:2], newest + ".json.gz")) as blob:
        text = blob.read()
    if hashlib.sha256(text).hexdigest() != newest:
        raise ValueError(f"the saved report {newest[:12]} is not the one that was saved")
    return json.loads(text)


def bundle(run):
    """A run as what a notebook keeps: for the editor, for any browser, and as text."""
    lineage = run["lineage"]
    report = {"schema": "slipway.report/1", "champion": lineage["champion"], "policy": lineage["policy"], "provider": lineage["provider"]}
    report.update({key: run[key] for key in ("id", "startedAt", "role", "model", "gates", "decision")})
    return {MIME: report, "text/html": _table(report), "text/plain": _text(report)}


def _find(folder):
    while not os.path.isfile(os.path.join(folder, ".slipway", "journal.jsonl")):
        parent = os.path.dirname(folder)
        if parent == folder:
            raise FileNotFoundError("no .slipway with saved runs here or in a folder above; run `slipway run`")
        folder = parent
    return folder


def _troubled(report):
    order = ["error", "fail", "inconclusive", "pass"]
    return sorted(report["gates"], key=lambda gate: order.index(gate["verdict"]))


def _text(report):
    lines = [f"{MARKS[report['decision']['verdict']]} {report['decision']['sentence']}"]
    lines += [f"  {MARKS[gate['verdict']]} {gate['title']}: {gate['reason']}" for gate in _troubled(report) if gate["verdict"] != "pass"]
    return "\n".join(lines)


def _table(report):
    rows = "".join(
        f"<tr><td>{MARKS[gate['verdict']]} {gate['verdict']}</td><td>{html.escape(gate['title'])}</td><td>{html.escape(gate['needs'])}</td><td>{html.escape(gate['reason'])}</td></tr>"
        for gate in _troubled(report)
    )
    head = "<tr><th>verdict</th><th>gate</th><th>needs</th><th>why</th></tr>"
    return f"<p><strong>{html.escape(report['decision']['sentence'])}</strong></p><table>{head}{rows}</table>"
