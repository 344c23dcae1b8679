"""The rules of slipway.ts as Great Expectations, in the same order, on the pandas engine."""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas

from report_work import read_input, report_work

given = read_input()

columns = ["flight_id", "time", "carrier", "origin", "dest", "day_of_week", "hour", "minute", "distance", "temp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib", "late"]
carriers = ["9E", "AA", "AS", "B6", "DL", "EV", "F9", "FL", "HA", "MQ", "OO", "UA", "US", "VX", "WN", "YV"]


def expectations():
    between = gxe.ExpectColumnValuesToBeBetween
    one_of = gxe.ExpectColumnValuesToBeInSet
    return [
        ("row_count", gxe.ExpectTableRowCountToBeBetween(min_value=300_000, max_value=400_000)),
        ("columns", gxe.ExpectTableColumnsToMatchOrderedList(column_list=columns)),
        *[("nulls", gxe.ExpectColumnValuesToNotBeNull(column=column)) for column in ["flight_id", "carrier", "origin", "dest", "hour", "late"]],
        ("nulls", gxe.ExpectColumnValuesToNotBeNull(column="wind_gust", mostly=0.05)),
        ("unique", gxe.ExpectColumnValuesToBeUnique(column="flight_id")),
        ("unique", gxe.ExpectCompoundColumnsToBeUnique(column_list=["flight_id", "time"])),
        ("range", between(column="hour", min_value=0, max_value=23)),
        ("range", between(column="minute", min_value=0, max_value=59)),
        ("range", between(column="day_of_week", min_value=0, max_value=7)),
        ("range", between(column="distance", min_value=10, max_value=5000)),
        ("range", between(column="temp", min_value=20, max_value=90)),
        ("range", between(column="humid", min_value=0, max_value=100)),
        ("range", between(column="visib", min_value=1, max_value=10)),
        ("range", between(column="wind_speed", min_value=0, max_value=40, mostly=0.99)),
        ("range", between(column="pressure", min_value=980, max_value=1045, mostly=0.99)),
        ("allowed_values", one_of(column="carrier", value_set=carriers)),
        ("allowed_values", one_of(column="origin", value_set=["EWR", "JFK", "LGA"])),
        ("allowed_values", one_of(column="late", value_set=[0, 1])),
        ("length", gxe.ExpectColumnValueLengthsToEqual(column="dest", value=3)),
        ("pattern", gxe.ExpectColumnValuesToMatchRegex(column="dest", regex="^[A-Z]{3}$")),
    ]


def work():
    frame = pandas.read_parquet(given["file"])
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    batch = context.data_sources.add_pandas("pandas").add_dataframe_asset("flights").add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    kinds, rules = zip(*expectations())
    suite = context.suites.add(gx.ExpectationSuite(name="flights"))
    for rule in rules:
        suite.add_expectation(rule)
    validation = batch.validate(suite)
    by_id = {result.expectation_config.id: result for result in validation.results}
    told = []
    for number, (kind, rule) in enumerate(zip(kinds, suite.expectations), start=1):
        result = by_id[rule.id]
        failing = result.result.get("unexpected_count")
        told.append(f"{number} {kind}: {'pass' if result.success else 'fail'}" + ("" if failing is None else f", {failing} rows"))
    return {"checks": told}


report_work(work)
