"""Captures what tritonclient sends, as golden bodies for the tests.

    python -m venv venv && venv/bin/pip install 'tritonclient[http]'
    venv/bin/python test/serving/capture-tritonclient.py > test/serving/captures/tritonclient.json

A case says what was asked for (numpy arrays as base64 of their little-endian bytes, texts as they are) and holds the
request of the gevent client and of the aio client as it came over the wire.
"""

import asyncio
import base64
import importlib.metadata
import json
import multiprocessing
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np

ANSWER = b'{"model_name":"m","outputs":[]}'
OWN = ("host", "user-agent")


def serve(pipe):
    class Capture(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items() if name.lower() not in OWN}
            pipe.send({"path": self.path, "headers": headers, "body": base64.b64encode(body).decode()})
            self.send_response(200)
            self.send_header("Content-Length", str(len(ANSWER)))
            self.end_headers()
            self.wfile.write(ANSWER)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Capture)
    pipe.send(server.server_port)
    server.serve_forever()


def tensor(name, array, binary=True):
    return {"name": name, "array": array, "binary": binary}


def texts(*values, shape=None):
    return np.array(values, dtype=np.object_).reshape(shape or [len(values)])


NUMBERS = {
    "BOOL": np.array([[True, False, True], [False, False, True]]),
    "UINT8": np.array([[0, 1, 127], [128, 254, 255]], np.uint8),
    "UINT16": np.array([[0, 1, 255], [256, 32768, 65535]], np.uint16),
    "UINT32": np.array([[0, 1, 65535], [65536, 2**31, 2**32 - 1]], np.uint32),
    "UINT64": np.array([[0, 1, 2**53 + 1], [2**63, 2**64 - 2, 2**64 - 1]], np.uint64),
    "INT8": np.array([[0, 1, 127], [-128, -1, -2]], np.int8),
    "INT16": np.array([[0, 1, 32767], [-32768, -1, 256]], np.int16),
    "INT32": np.array([[0, 1, 2**31 - 1], [-(2**31), -1, 65536]], np.int32),
    "INT64": np.array([[0, 2**53 + 1, 2**63 - 1], [-(2**63), -(2**53) - 1, -1]], np.int64),
    "FP16": np.array([[0.1, -0.0, 65504], [6e-8, 1 / 3, -2]], np.float16),
    "FP32": np.array([[0.1, -0.0, 3.4028235e38], [1e-45, 1 / 3, 1.5e21]], np.float32),
    "FP64": np.array([[0.1, -0.0, 1.7976931348623157e308], [5e-324, 1 / 3, 1e21]], np.float64),
}
WORDS = ["", "late", "é", "日本", "🛫", 'a "quoted"\\line\n\t/', "\x01\x7f"]


def cases():
    for datatype, array in NUMBERS.items():
        yield {"title": f"{datatype} in binary", "inputs": [tensor("x", array)]}
        yield {"title": f"{datatype} in JSON", "inputs": [tensor("x", array, False)]}
    yield {"title": "texts in binary", "inputs": [tensor("x", texts(*WORDS))]}
    yield {"title": "texts in JSON", "inputs": [tensor("x", texts(*WORDS), False)]}
    yield {"title": "bytes in binary", "inputs": [tensor("x", texts(b"abc", b"\xc3\xa9", shape=[2, 1]))]}
    odd = np.array([np.nan, np.inf, -np.inf, 1.0])
    for binary in (True, False):
        form = "binary" if binary else "JSON"
        yield {"title": f"NaN and infinities in {form}", "inputs": [tensor("x", odd.astype(np.float32), binary), tensor("y", odd, binary), tensor("z", odd.astype(np.float16), binary)]}
        yield {"title": f"empty tensors in {form}", "inputs": [tensor("x", np.zeros([0, 4], np.float32), binary), tensor("y", texts(shape=[0]), binary)]}
        yield {"title": f"one value in {form}", "inputs": [tensor("x", np.array([[7]], np.int64), binary)]}
    yield {"title": "JSON and binary mixed", "inputs": [tensor("a", NUMBERS["INT8"]), tensor("b", NUMBERS["FP32"], False), tensor("c", texts("x", "yz")), tensor("d", NUMBERS["FP64"]), tensor("e", texts("é"), False)]}
    yield {"title": "names that scripts trip over", "inputs": [tensor("__proto__", np.array([1], np.int32), False), tensor("constructor", np.array([2], np.int32)), tensor("größe/🛫", np.array([3], np.int32), False)]}
    one = [tensor("x", np.array([[1, 2]], np.float32))]
    yield {"title": "outputs asked for one by one", "inputs": one, "outputs": [{"name": "label", "binary": False}, {"name": "probabilities", "binary": True}]}
    yield {"title": "classes", "inputs": one, "outputs": [{"name": "probabilities", "binary": False, "classCount": 3}]}
    yield {"title": "an id", "inputs": one, "id": "request 1 é"}
    yield {"title": "a sequence by text", "inputs": one, "sequenceId": "abc", "sequenceStart": True}
    yield {"title": "a sequence by number", "inputs": one, "sequenceId": 2**60 + 1, "sequenceEnd": True}
    yield {"title": "priority and timeout", "inputs": one, "priority": 2, "timeout": 1500}
    yield {"title": "parameters of one's own", "inputs": one, "parameters": {"text": "é", "whole": 7, "big": 2**60 + 1, "half": 0.5, "yes": True}}
    for compression in ("gzip", "deflate"):
        yield {"title": f"{compression} in binary", "inputs": [tensor("x", NUMBERS["FP32"])], "compression": compression}
        yield {"title": f"{compression} in JSON", "inputs": [tensor("x", texts("é", "b"), False)], "compression": compression}


def arguments(client, case):
    inputs = []
    for each in case["inputs"]:
        sent = client.InferInput(each["name"], list(each["array"].shape), datatype_of(each["array"]))
        sent.set_data_from_numpy(each["array"], binary_data=each["binary"])
        inputs.append(sent)
    outputs = [client.InferRequestedOutput(each["name"], binary_data=each["binary"], class_count=each.get("classCount", 0)) for each in case.get("outputs", [])]
    return {
        "model_name": "m",
        "inputs": inputs,
        "outputs": outputs or None,
        "request_id": case.get("id", ""),
        "sequence_id": case.get("sequenceId", 0),
        "sequence_start": case.get("sequenceStart", False),
        "sequence_end": case.get("sequenceEnd", False),
        "priority": case.get("priority", 0),
        "timeout": case.get("timeout"),
        "parameters": case.get("parameters"),
        "request_compression_algorithm": case.get("compression"),
        "response_compression_algorithm": case.get("compression"),
    }


def datatype_of(array):
    from tritonclient.utils import np_to_triton_dtype

    return np_to_triton_dtype(array.dtype)


def asked(case):
    inputs = []
    for each in case["inputs"]:
        array = each["array"]
        if array.dtype == np.object_:
            data = {"texts": [value.decode() if isinstance(value, bytes) else value for value in array.flatten().tolist()]}
        else:
            data = {"bytes": base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode()}
        inputs.append({"name": each["name"], "datatype": datatype_of(array), "shape": list(array.shape), "binary": each["binary"], **data})
    # Whole numbers as text, so that JavaScript reads all their digits.
    whole = lambda value: {"whole": str(value)} if isinstance(value, int) and not isinstance(value, bool) else value
    rest = {key: value for key, value in case.items() if key not in ("title", "inputs")}
    if "sequenceId" in rest:
        rest["sequenceId"] = whole(rest["sequenceId"])
    if "parameters" in rest:
        rest["parameters"] = {key: whole(value) for key, value in rest["parameters"].items()}
    return {"inputs": inputs, **rest}


async def send_aio(url, case):
    import tritonclient.http.aio as aio

    async with aio.InferenceServerClient(url) as client:
        await client.infer(**arguments(aio, case))


def send_gevent(url, case):
    import tritonclient.http as gevent

    with gevent.InferenceServerClient(url) as client:
        client.infer(**arguments(gevent, case))


def main():
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    url = f"127.0.0.1:{ours.recv()}"
    captured = []
    for case in cases():
        send_gevent(url, case)
        gevent = ours.recv()
        asyncio.run(send_aio(url, case))
        captured.append({"title": case["title"], "asked": asked(case), "gevent": gevent, "aio": ours.recv()})
    server.terminate()
    versions = {name: importlib.metadata.version(name) for name in ("tritonclient", "geventhttpclient", "aiohttp", "python-rapidjson", "numpy")}
    print(json.dumps({"versions": versions, "cases": captured}, indent=1))


if __name__ == "__main__":
    main()
