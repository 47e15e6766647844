"""TensorFlow.js files of made-up networks, and their graphs evaluated node by node."""

import base64
import json

import numpy as np

STAGES = ((32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2))
STAGES += ((512, 512, 1),) * 5 + ((512, 1024, 2), (1024, 1024, 1))
MOBILEFACE = (32, 32, 64, 128)


class Maker:
    """Collects nodes and constants in the layout of the package."""

    def __init__(self, seed=0, first="input_1"):
        self.generator = np.random.default_rng(seed)
        self.nodes = [{"op": "Placeholder", "name": first}]
        self.constants = {}
        self.last = first

    def constant(self, name, shape, scale=1.0):
        values = scale * self.generator.standard_normal(shape)
        self.constants[name] = np.asarray(values, np.float32)
        return name

    def node(self, op, name, *others, **attributes):
        self.nodes.append(
            {"op": op, "name": name, "input": [self.last, *others], "attr": attributes}
        )
        self.last = name

    def filtered(self, op, name, kernel, stride, padding=b"SAME"):
        strides = {"list": {"i": ["1", str(stride), str(stride), "1"]}}
        self.node(op, name, kernel, strides=strides, padding={"s": encoded(padding)})

    def ready(self, name, values):
        self.constants[name] = np.asarray(values)
        return name

    def activated(self, name, channels):
        self.node("Add", f"{name}_bn/batchnorm_1/add_1", self.bias(name, channels))
        self.node("Relu", f"{name}_relu/Relu")
        self.constants[f"{name}_relu/Cast"] = np.array(6, np.float32)
        self.constants[f"{name}_relu/Const_1"] = np.array(0, np.float32)
        self.node("Minimum", f"{name}_relu/clip_by_value/Minimum", f"{name}_relu/Cast")
        self.node("Maximum", f"{name}_relu/clip_by_value", f"{name}_relu/Const_1")

    def files(self):
        """The JSON file and the numbers."""
        manifest = [
            {"name": name, "shape": list(values.shape), "dtype": values.dtype.name}
            for name, values in self.constants.items()
        ]
        graph = {
            "modelTopology": {"node": self.nodes},
            "weightsManifest": [{"paths": ["made.bin"], "weights": manifest}],
        }
        numbers = b"".join(values.tobytes() for values in self.constants.values())
        return {"made.json": json.dumps(graph).encode(), "made.bin": numbers}

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

    def padded(self, name):
        rims = self.ready(f"{name}/paddings", np.int32([[0, 0], [1, 1], [1, 1], [0, 0]]))
        self.node("Pad", name, rims)

    def sloped(self, name, channels):
        """PReLU as the sum of what is above 0 and a share of what is below."""
        before, zero = self.last, self.ready(f"{name}/zero", np.float32(0))
        self.node("Maximum", f"{name}/above", zero)
        self.last = before
        self.node("Minimum", f"{name}/below", zero)
        self.node("Mul", f"{name}/slope", self.constant(f"{name}_gamma", channels, 0.3))
        self.node("AddV2", name, f"{name}/above")

    def bare(self, name, shape, op="Conv2D", stride=1, scale=0.3):
        self.filtered(op, name, self.constant(name + WEIGHTS[op], shape, scale), stride, b"VALID")

    def unit(self, number, before, after):
        """A stage of MobileFace."""
        name = f"stage{number}_unit1"
        self.bare(f"{name}_conv0_0", (1, 1, before, after))
        for turn, filters in enumerate(("conv0_1", "conv1", "conv2")):
            self.padded(f"{name}_pad{turn}")
            depthwise = "DepthwiseConv2dNative"
            self.bare(f"{name}_{filters}", (3, 3, after, 1), depthwise, stride=1 + (turn == 0))
            self.sloped(f"{name}_prelu{turn}", after)
            halved = self.last if turn == 0 else halved
        self.node("AddV2", f"{name}_sum", halved)


WEIGHTS = {"Conv2D": "_weight", "DepthwiseConv2dNative": "_df"}


def made_mobileface(seed=0):
    """The two files of a MobileFace with random parameters."""
    maker = Maker(seed, first="data")
    maker.node("Sub", "sub", maker.ready("minusscalar0_second", np.float32([127.5])))
    maker.node("Mul", "mul", maker.ready("mulscalar0_second", np.float32([1 / 128])))
    maker.padded("pad")
    maker.bare("conv1", (3, 3, 3, 32), stride=2)
    maker.sloped("prelu1", 32)
    for number, (before, after) in enumerate(zip((32, *MOBILEFACE), MOBILEFACE, strict=False), 1):
        maker.unit(number, before, after)
    maker.node("Reshape", "flatten", maker.ready("flatten/Const", np.int32([-1, 2048])))
    maker.node("MatMul", "dense", maker.constant("dense/kernel", (2048, 256), 0.05))
    maker.node("Mul", "batchnorm0/mul_1", maker.constant("batchnorm0/mul", 256))
    maker.node("AddV2", "batchnorm0/add_1", maker.constant("batchnorm0/sub", 256, 0.1))
    return maker.files()


def made(seed=0):
    """The two files of a MobileNet with random parameters."""
    maker = Maker(seed)
    maker.full("conv1", 3, 3, 32, 2)
    for n, (before, after, stride) in enumerate(STAGES, 1):
        maker.depthwise(f"conv_dw_{n}", before, stride)
        maker.full(f"conv_pw_{n}", 1, before, after)
    maker.constants["global_pooling/Mean/reduction_indices"] = np.array([1, 2], np.int32)
    maker.node("Mean", "global_pooling/Mean", "global_pooling/Mean/reduction_indices")
    return maker.files()


def with_weight(files, wanted, **changes):
    """The files with other words about one of the weights."""
    graph = json.loads(files["made.json"])
    for weight in graph["weightsManifest"][0]["weights"]:
        if weight["name"] == wanted:
            weight.update(changes)
    return {**files, "made.json": json.dumps(graph).encode()}


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
    for node in graph["modelTopology"]["node"]:
        if node["op"] == "Placeholder":
            values[node["name"]] = pixels.astype(np.float64)
        elif node["op"] != "Const":
            given = [values[name] for name in node["input"]]
            values[node["name"]] = OPERATORS[node["op"]](node, *given)
        if node["name"] == wanted:
            return values[wanted]
    raise KeyError(wanted)


def _windows(node, images, side):
    """Views of every place that each tap of a filter sees."""
    rim = RIMS[base64.b64decode(node["attr"]["padding"]["s"])] * (side - 1)
    stride = int(node["attr"]["strides"]["list"]["i"][1])
    sizes = [-(-(size - rim) // stride) for size in images.shape[1:3]]
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


RIMS = {b"SAME": 0, b"VALID": 1}
"""Whether the rim of a picture is lost to a filter, by the graph's word for it."""

OPERATORS = {
    "Conv2D": _full,
    "DepthwiseConv2dNative": _depthwise,
    "Add": lambda _, one, other: one + other,
    "AddV2": lambda _, one, other: one + other,
    "Sub": lambda _, one, other: one - other,
    "MatMul": lambda _, one, other: one @ other,
    "Pad": lambda _, one, rims: np.pad(one, rims.astype(int)),
    "Reshape": lambda _, one, shape: one.reshape(shape.astype(int)),
    "Mul": lambda _, one, other: one * other,
    "Relu": lambda _, one: np.maximum(one, 0),
    "Minimum": lambda _, one, other: np.minimum(one, other),
    "Maximum": lambda _, one, other: np.maximum(one, other),
    "Mean": lambda _, one, axes: one.mean(axis=tuple(int(axis) for axis in axes)),
}
