"""Asks a server for predictions as its users' programs do, with the real tritonclient, both flavours.

    python tritonclient_cases.py http://127.0.0.1:8000

Prints one JSON line for each case: {"case": …, "error": null | "what went wrong"}.
"""

import asyncio
import json
import sys
import traceback
import urllib.request

import numpy as np
import tritonclient.http as sync
import tritonclient.http.aio as aio
from tritonclient.utils import InferenceServerException

URL = sys.argv[1]
HOST = URL.removeprefix("http://")

ARRAYS = {
    "BOOL": np.array([[True, False], [False, True]]),
    "UINT8": np.array([[0, 255], [1, 2]], np.uint8),
    "UINT16": np.array([[0, 65535], [1, 2]], np.uint16),
    "UINT32": np.array([[0, 2**32 - 1], [1, 2]], np.uint32),
    "UINT64": np.array([[0, 2**64 - 1], [2**53 + 1, 2]], np.uint64),
    "INT8": np.array([[-128, 127], [1, 2]], np.int8),
    "INT16": np.array([[-32768, 32767], [1, 2]], np.int16),
    "INT32": np.array([[-(2**31), 2**31 - 1], [1, 2]], np.int32),
    "INT64": np.array([[-(2**63), 2**63 - 1], [2**53 + 1, -(2**53) - 1]], np.int64),
    "FP16": np.array([[0.1, -65504], [6e-8, np.inf]], np.float16),
    "FP32": np.array([[0.1, -3.4e38], [1e-45, np.nan]], np.float32),
    "FP64": np.array([[0.1, -1.7e308], [5e-324, np.inf]], np.float64),
    "BYTES": np.array([["", "é"], ["漢字 \U0001f6eb", 'a"b\\c']], dtype=object),
}


def name_of(datatype):
    return datatype.lower()


class Sync:
    """The gevent flavour behind awaitable calls, so that both are asked the same way."""

    def __init__(self):
        self.client = sync.InferenceServerClient(HOST)

    def __getattr__(self, name):
        method = getattr(self.client, name)

        async def call(*args, **kwargs):
            return method(*args, **kwargs)

        return call

    async def close(self):
        self.client.close()


CASES = {}


def case(function):
    CASES[function.__name__.replace("_", " ")] = function
    return function


async def refused(awaitable, *words):
    """The message of a refusal; it must hold these words, and be readable by the client."""
    try:
        await awaitable
    except InferenceServerException as error:
        text = str(error)
        for word in words:
            assert word in text, f"{word!r} is not in {text!r}"
        return text
    raise AssertionError("it was not refused")


def same(got, expected):
    assert got is not None, "no such output"
    if expected.dtype == object:
        got = np.array([each.decode() if isinstance(each, bytes) else each for each in got.reshape(-1)], dtype=object).reshape(got.shape)
    assert got.shape == expected.shape, f"shape {got.shape}, expected {expected.shape}"
    assert got.dtype == expected.dtype, f"{got.dtype}, expected {expected.dtype}"
    equal = np.array_equal(got, expected) if expected.dtype == object or expected.dtype.kind in "biu" else np.array_equal(got, expected, equal_nan=True)
    assert equal, f"{got.tolist()}, expected {expected.tolist()}"


def inputs_of(arrays, binary=True):
    inputs = []
    for datatype, array in arrays.items():
        tensor = sync.InferInput(name_of(datatype), list(array.shape), datatype)
        tensor.set_data_from_numpy(array, binary_data=binary(datatype) if callable(binary) else binary)
        inputs.append(tensor)
    return inputs


async def echo(client, arrays, binary=True, outputs=None, **options):
    """All inputs of the echo model must be given: those not in question are ones."""
    whole = {datatype: arrays.get(datatype, np.resize(array, next(iter(arrays.values())).shape)) for datatype, array in ARRAYS.items()}
    return await client.infer("echo", inputs_of(whole, binary), outputs=outputs, **options)


@case
async def health(client):
    assert await client.is_server_live() is True
    assert await client.is_server_ready() is True
    assert await client.is_model_ready("echo") is True
    assert await client.is_model_ready("echo", "1") is True
    assert await client.is_model_ready("nobody") is False
    assert await client.is_model_ready("echo", "77") is False


@case
async def metadata(client):
    server = await client.get_server_metadata()
    assert server["name"] == "slipway"
    for extension in ("binary_tensor_data", "model_repository", "model_configuration", "statistics", "classification", "schedule_policy"):
        assert extension in server["extensions"], extension
    model = await client.get_model_metadata("echo")
    assert model["name"] == "echo" and model["platform"] == "onnxruntime_onnx"
    assert {each["name"]: (each["datatype"], each["shape"]) for each in model["inputs"]} == {name_of(datatype): (datatype, [-1, 2]) for datatype in ARRAYS}
    config = await client.get_model_config("echo")
    assert config["max_batch_size"] > 1 and config["input"][0]["dims"] == [2], config
    await refused(client.get_model_metadata("nobody"), "nobody is not served")


@case
async def every_datatype_binary(client):
    result = await echo(client, ARRAYS)
    for datatype, array in ARRAYS.items():
        same(result.as_numpy(name_of(datatype) + "_out"), array)


@case
async def every_datatype_json(client):
    # This client refuses to send FP16 as JSON, and Infinity is no JSON either.
    result = await echo(client, ARRAYS, binary=lambda datatype: datatype == "FP16", outputs=[sync.InferRequestedOutput(name_of(datatype) + "_out", binary_data=datatype in ("FP16", "FP64")) for datatype in ARRAYS])
    for datatype, array in ARRAYS.items():
        same(result.as_numpy(name_of(datatype) + "_out"), array)


@case
async def json_and_binary_mixed(client):
    names = list(ARRAYS)
    result = await echo(client, ARRAYS, binary=lambda datatype: names.index(datatype) % 2 == 0 or datatype == "FP16", outputs=[sync.InferRequestedOutput("int64_out", binary_data=False), sync.InferRequestedOutput("bytes_out", binary_data=True), sync.InferRequestedOutput("uint8_out", binary_data=True)])
    for datatype in ("INT64", "BYTES", "UINT8"):
        same(result.as_numpy(name_of(datatype) + "_out"), ARRAYS[datatype])
    assert result.as_numpy("fp32_out") is None, "an output that nobody asked for"


@case
async def packed_both_ways(client):
    for request in ("gzip", "deflate", None):
        for response in ("gzip", "deflate", None):
            big = {datatype: np.resize(array, (300, 2)) for datatype, array in ARRAYS.items()}
            result = await echo(client, big, request_compression_algorithm=request, response_compression_algorithm=response)
            for datatype, array in big.items():
                same(result.as_numpy(name_of(datatype) + "_out"), array)


@case
async def no_rows(client):
    empty = {datatype: array[:0] for datatype, array in ARRAYS.items()}
    result = await echo(client, empty)
    for datatype, array in empty.items():
        same(result.as_numpy(name_of(datatype) + "_out"), array)


@case
async def one_row_and_many(client):
    for rows in (1, 7, 32, 33, 1000):
        many = {datatype: np.resize(array, (rows, 2)) for datatype, array in ARRAYS.items()}
        result = await echo(client, many)
        for datatype, array in many.items():
            same(result.as_numpy(name_of(datatype) + "_out"), array)


@case
async def id_and_version(client):
    for version, said in (("", "v1"), ("1", "1"), ("v1", "v1")):
        result = await echo(client, {"INT8": ARRAYS["INT8"]}, request_id="é-1", model_version=version)
        response = result.get_response()
        assert (response["id"], response["model_name"], response["model_version"]) == ("é-1", "echo", said), response


@case
async def parameters(client):
    for options in ({"priority": 2}, {"timeout": 5_000_000}, {"sequence_id": 2**60, "sequence_start": True, "sequence_end": True}, {"sequence_id": "s", "sequence_start": True}, {"parameters": {"mine": "yes", "count": 3, "on": True}}):
        result = await echo(client, {"INT8": ARRAYS["INT8"]}, **options)
        same(result.as_numpy("int8_out"), ARRAYS["INT8"])


@case
async def classes(client):
    scores = np.array([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]], np.float32)
    tensor = sync.InferInput("scores", [2, 3], "FP32")
    tensor.set_data_from_numpy(scores)
    result = await client.infer("classes", [tensor], outputs=[sync.InferRequestedOutput("ranked", class_count=2)])
    text = [[each.decode().split(":")[1:] for each in row] for row in result.as_numpy("ranked")]
    assert text == [["1"], ["2"]] or [[each[0] for each in row] for row in text] == [["1", "2"], ["0", "2"]], text


@case
async def what_does_not_fit_is_told(client):
    int8 = sync.InferInput("int8", [1, 3], "INT8")
    int8.set_data_from_numpy(np.zeros((1, 3), np.int8))
    await refused(client.infer("echo", [int8]), "int8")
    wrong = sync.InferInput("scores", [1, 3], "FP64")
    wrong.set_data_from_numpy(np.zeros((1, 3), np.float64))
    await refused(client.infer("classes", [wrong]), "scores", "FP32")
    unknown = sync.InferInput("nothing", [1, 3], "FP32")
    unknown.set_data_from_numpy(np.zeros((1, 3), np.float32))
    await refused(client.infer("classes", [unknown]), "nothing")
    await refused(client.infer("nobody", [unknown]), "nobody is not served")
    scores = sync.InferInput("scores", [1, 3], "FP32")
    scores.set_data_from_numpy(np.zeros((1, 3), np.float32))
    await refused(client.infer("classes", [scores], outputs=[sync.InferRequestedOutput("nothing")]), "nothing")
    await refused(client.infer("classes", [scores], model_version="9"), "9")


@case
async def statistics(client):
    def count(stats):
        [of] = stats["model_stats"]
        return of["inference_count"], of["inference_stats"]["success"]["count"]

    before = count(await client.get_inference_statistics("echo"))
    await echo(client, {"INT8": ARRAYS["INT8"]})
    after = count(await client.get_inference_statistics("echo", "1"))
    assert (after[0] - before[0], after[1] - before[1]) == (2, 1), (before, after)
    everything = await client.get_inference_statistics()
    assert {each["name"] for each in everything["model_stats"]} == {"echo", "classes"}


@case
async def repository(client):
    async def states():
        return {each["name"]: each["state"] for each in await client.get_model_repository_index()}

    assert await states() == {"echo": "READY", "classes": "READY"}
    await client.unload_model("classes")
    assert (await states())["classes"] == "UNAVAILABLE"
    assert await client.is_model_ready("classes") is False
    await client.load_model("classes")
    assert (await states())["classes"] == "READY"
    assert await client.is_model_ready("classes") is True
    await refused(client.load_model("nobody"), "nobody is not served")
    await refused(client.load_model("classes", config=json.dumps({"max_batch_size": 4})), "config")


def raw_only():
    request = urllib.request.Request(f"{URL}/v2/models/classes/infer", np.array([0.1, 0.7, 0.2], np.float32).tobytes(), {"Inference-Header-Content-Length": "0"})
    with urllib.request.urlopen(request) as response:
        body = response.read()
        length = int(response.headers["Inference-Header-Content-Length"])
    [output] = json.loads(body[:length])["outputs"]
    assert output["shape"] == [1, 3], output
    same(np.frombuffer(body[length:], np.float32), np.array([0.1, 0.7, 0.2], np.float32))


async def run(flavour, client):
    for name, function in CASES.items():
        error = None
        try:
            await function(client)
        except Exception:
            error = traceback.format_exc()
        print(json.dumps({"case": f"{flavour}: {name}", "error": error}), flush=True)
    await client.close()


async def main():
    await run("gevent", Sync())
    await run("aio", aio.InferenceServerClient(HOST))
    error = None
    try:
        raw_only()
    except Exception:
        error = traceback.format_exc()
    print(json.dumps({"case": "a body that is one tensor", "error": error}), flush=True)


asyncio.run(main())
