"""Evidently's data drift preset with its defaults."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import pandas
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

from report_work import read_input, report_work

given = read_input()


def work():
    reference = pandas.read_parquet(given["reference"])
    current = pandas.read_parquet(given["current"])
    definition = DataDefinition(numerical_columns=list(reference.columns))
    snapshot = Report([DataDriftPreset()]).run(
        Dataset.from_pandas(current, data_definition=definition),
        Dataset.from_pandas(reference, data_definition=definition),
    )
    drifts = [metric for metric in snapshot.dict()["metrics"] if metric["metric_name"].startswith("ValueDrift")]
    return {
        "columns": [metric["config"]["column"] for metric in drifts],
        "wassersteinNormed": [float(metric["value"]) for metric in drifts],
    }


report_work(work)
