"""TensorFlow Lite files of operators with constants, written by the schema."""

import numpy as np


def written(operators):
    """A file whose graph has these operators in this order.

    Args:
        operators: Name of each, and the arrays that it takes from the file.
    """
    import flatbuffers
    import tflite

    builder = flatbuffers.Builder(1024)
    names = sorted({name for name, _ in operators})
    arrays = [array for _, constants in operators for array in constants]
    buffers = [_buffer(tflite, builder, array) for array in [np.empty(0, np.uint8), *arrays]]
    tensors = [_tensor(tflite, builder, array, place + 1) for place, array in enumerate(arrays)]
    entries, place = [], 0
    for name, constants in operators:
        used = list(range(place, place + len(constants)))
        place += len(constants)
        entries.append(_operator(tflite, builder, names.index(name), used))
    tensors, entries, buffers = (_vector(builder, v) for v in (tensors, entries, buffers))
    tflite.SubGraphStart(builder)
    tflite.SubGraphAddTensors(builder, tensors)
    tflite.SubGraphAddOperators(builder, entries)
    graphs = _vector(builder, [tflite.SubGraphEnd(builder)])
    codes = _vector(builder, [_code(tflite, builder, name) for name in names])
    tflite.ModelStart(builder)
    tflite.ModelAddVersion(builder, 3)
    tflite.ModelAddOperatorCodes(builder, codes)
    tflite.ModelAddSubgraphs(builder, graphs)
    tflite.ModelAddBuffers(builder, buffers)
    builder.Finish(tflite.ModelEnd(builder), b"TFL3")
    return bytes(builder.Output())


def _buffer(tflite, builder, array):
    data = builder.CreateByteVector(array.tobytes())
    tflite.BufferStart(builder)
    tflite.BufferAddData(builder, data)
    return tflite.BufferEnd(builder)


def _tensor(tflite, builder, array, buffer):
    shape = builder.CreateNumpyVector(np.array(array.shape, np.int32))
    types = {"float32": 0, "int32": 2, "int8": 9}
    tflite.TensorStart(builder)
    tflite.TensorAddShape(builder, shape)
    tflite.TensorAddType(builder, types[array.dtype.name])
    tflite.TensorAddBuffer(builder, buffer)
    return tflite.TensorEnd(builder)


def _operator(tflite, builder, code, used):
    inputs = builder.CreateNumpyVector(np.array(used, np.int32))
    tflite.OperatorStart(builder)
    tflite.OperatorAddOpcodeIndex(builder, code)
    tflite.OperatorAddInputs(builder, inputs)
    return tflite.OperatorEnd(builder)


def _code(tflite, builder, name):
    number = getattr(tflite.BuiltinOperator, name)
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, min(number, 127))
    tflite.OperatorCodeAddBuiltinCode(builder, number)
    return tflite.OperatorCodeEnd(builder)


def _vector(builder, offsets):
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()
