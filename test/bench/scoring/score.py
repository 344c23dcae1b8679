"""Parquet through ONNX Runtime as one writes it by hand: record batches, numpy arrays, one run per batch."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import numpy
import onnxruntime
import pyarrow
import pyarrow.parquet

from report_work import read_input, report_work

given = read_input()
dtypes = {"tensor(float)": numpy.float32, "tensor(int64)": numpy.int64}


def column(batch, name, kind):
    values = batch.column(name)
    if kind == "tensor(string)":
        return values.to_numpy(zero_copy_only=False).astype(object).reshape(-1, 1)
    return values.to_numpy(zero_copy_only=False).astype(dtypes[kind], copy=False).reshape(-1, 1)


def work():
    pyarrow.set_cpu_count(given["threads"])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = given["threads"]
    session = onnxruntime.InferenceSession(given["model"], options, providers=["CPUExecutionProvider"])
    inputs = [(tensor.name, tensor.type) for tensor in session.get_inputs()]
    columns = given["columns"] or [name for name, _ in inputs]
    kept = []
    for batch in pyarrow.parquet.ParquetFile(given["file"]).iter_batches(batch_size=given["rowsPerBatch"], columns=columns):
        if given["columns"]:
            feed = {inputs[0][0]: numpy.column_stack([batch.column(name).to_numpy() for name in columns])}
        else:
            feed = {name: column(batch, name, kind) for name, kind in inputs}
        kept.append(session.run(None, feed))
    outputs = [numpy.concatenate(parts) for parts in zip(*kept)]
    scores = outputs[-1].reshape(len(outputs[-1]), -1)[:, given["positive"]]
    return {"rows": len(scores), "mean": float(scores.astype(numpy.float64).mean())}


report_work(work)
