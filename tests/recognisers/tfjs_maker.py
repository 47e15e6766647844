"""TensorFlow.js files with a made-up MobileNet, and their graph evaluated node by node."""

import base64
import json

import numpy as np

STAGES = ((32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2))
STAGES += ((512, 512, 1),) * 5 + ((512, 1024, 2), (1024, 1024, 1))


class Maker:
    """Collects nodes and constants in the layout of the package."""

    def __init__(self, seed=0):
        self.generator = np.random.default_rng(seed)
        self.nodes = [{"op": "Placeholder", "name": "input_1"}]
        self.constants = {}
        self.last = "input_1"

    def constant(self, name, shape, scale=1.0):
        values = scale * self.generator.standard_normal(shape)
        self.constants[name] = np.asarray(values, np.float32)
        return name

    def node(self, op, name, *others, **attributes):
        self.nodes.append(
            {"op": op, "name": name, "input": [self.last, *others], "attr": attributes}
        )
        self.last = name

    def filtered(self, op, name, kernel, stride):
        strides = {"list": {"i": ["1", str(stride), str(stride), "1"]}}
        self.node(op, name, kernel, strides=strides, padding={"s": encoded(b"SAME")})

    def activated(self, name, channels):
        self.node("Add", f"{name}_bn/batchnorm_1/add_1", self.bias(name, channels))
        self.node("Relu", f"{name}_relu/Relu")
        self.constants[f"{name}_relu/Cast"] = np.array(6, np.float32)
        self.constants[f"{name}_relu/Const_1"] = np.array(0, np.float32)
        self.node("Minimum", f"{name}_relu/clip_by_value/Minimum", f"{name}_relu/Cast")
        self.node("Maximum", f"{name}_relu/clip_by_value", f"{name}_relu/Const_1")

    def bias(self, name, channels):
        return self.constant(f"{name}_bn/batchnorm_1/sub", channels, 0.3)

    def full(self, name, side, before, after, stride=1):
        scale = (2 / (before * side**2)) ** 0.5
        kernel = self.constant(
            f"{name}/convolution/merged_input", (side, side, before, after), scale
        )
        self.filtered("Conv2D", f"{name}_bn/batchnorm_1/mul_1", kernel, stride)
        self.activated(name, after)

    def depthwise(self, name, channels, stride):
        kernel = self.constant(f"{name}/depthwise_kernel", (3, 3, channels, 1), 0.4)
        self.filtered("DepthwiseConv2dNative", f"{name}/depthwise", kernel, stride)
        scale = self.constant(f"{name}_bn/batchnorm_1/mul", channels)
        self.node("Mul", f"{name}_bn/batchnorm_1/mul_1", scale)
        self.activated(name, channels)


def made(seed=0):
    """The two files of a MobileNet with random parameters."""
    maker = Maker(seed)
    maker.full("conv1", 3, 3, 32, 2)
    for n, (before, after, stride) in enumerate(STAGES, 1):
        maker.depthwise(f"conv_dw_{n}", before, stride)
        maker.full(f"conv_pw_{n}", 1, before, after)
    maker.constants["global_pooling/Mean/reduction_indices"] = np.array([1, 2], np.int32)
    maker.node("Mean", "global_pooling/Mean", "global_pooling/Mean/reduction_indices")
    manifest = [
        {"name": name, "shape": list(values.shape), "dtype": values.dtype.name}
        for name, values in maker.constants.items()
    ]
    graph = {
        "modelTopology": {"node": maker.nodes},
        "weightsManifest": [{"paths": ["made.bin"], "weights": manifest}],
    }
    numbers = b"".join(values.tobytes() for values in maker.constants.values())
    return {"made.json": json.dumps(graph).encode(), "made.bin": numbers}


def encoded(text):
    return base64.b64encode(text).decode()


def evaluated(files, pixels, wanted="global_pooling/Mean"):
    """A graph, node by node in float64, straight from the files: channels last.

    Args:
        files: The JSON file and the numbers.
        pixels: What goes in, after the preprocessing.
        wanted: Which node's output.
    """
    content = {name.rpartition(".")[2]: content for name, content in files.items()}
    graph, start, values = json.loads(content["json"]), 0, {}
    for weight in graph["weightsManifest"][0]["weights"]:
        count = int(np.prod(weight["shape"])) if weight["shape"] else 1
        raw = np.frombuffer(content["bin"], weight["dtype"], count, start)
        values[weight["name"]] = raw.reshape(weight["shape"]).astype(np.float64)
        start += raw.nbytes
    values["input_1"] = pixels.astype(np.float64)
    for node in graph["modelTopology"]["node"]:
        if node["op"] not in {"Const", "Placeholder"}:
            given = [values[name] for name in node["input"]]
            values[node["name"]] = OPERATORS[node["op"]](node, *given)
        if node["name"] == wanted:
            return values[wanted]
    raise KeyError(wanted)


def _windows(node, images, side):
    """Views of every place that each tap of a filter sees; padding is `SAME`."""
    assert base64.b64decode(node["attr"]["padding"]["s"]) == b"SAME"
    stride = int(node["attr"]["strides"]["list"]["i"][1])
    sizes = [-(-size // stride) for size in images.shape[1:3]]
    missing = [
        max((out - 1) * stride + side - size, 0)
        for out, size in zip(sizes, images.shape[1:3], strict=True)
    ]
    rims = [(m // 2, m - m // 2) for m in missing]
    padded = np.pad(images, [(0, 0), *rims, (0, 0)])
    reach = [(out - 1) * stride + 1 for out in sizes]
    for down in range(side):
        for across in range(side):
            rows = slice(down, down + reach[0], stride)
            yield down, across, padded[:, rows, across : across + reach[1] : stride]


def _full(node, images, kernel):
    return sum(part @ kernel[a, b] for a, b, part in _windows(node, images, len(kernel)))


def _depthwise(node, images, kernel):
    return sum(part * kernel[a, b, :, 0] for a, b, part in _windows(node, images, len(kernel)))


OPERATORS = {
    "Conv2D": _full,
    "DepthwiseConv2dNative": _depthwise,
    "Add": lambda _, one, other: one + other,
    "Mul": lambda _, one, other: one * other,
    "Relu": lambda _, one: np.maximum(one, 0),
    "Minimum": lambda _, one, other: np.minimum(one, other),
    "Maximum": lambda _, one, other: np.maximum(one, other),
    "Mean": lambda _, one, axes: one.mean(axis=tuple(int(axis) for axis in axes)),
}
