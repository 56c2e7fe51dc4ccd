"""Floating-point operations of a traced TensorFlow function."""

import math
from typing import Any


def multiply_adds(concrete: Any) -> float:
    """Twice the multiplications of all matrix products and convolutions, gradients included.

    Args:
        concrete: A `tf.function`'s concrete function with static shapes.
    """
    return sum(_operations(op) for op in _needed(concrete.graph))


def _needed(graph: Any) -> set[Any]:
    """Nodes that the graph's outputs and state depend on: TensorFlow runs nothing else."""
    found: set[Any] = set()
    waiting = [tensor.op for tensor in graph.outputs] + list(graph.control_outputs)
    while waiting:
        op = waiting.pop()
        if op not in found:
            found.add(op)
            waiting += [tensor.op for tensor in op.inputs] + list(op.control_inputs)
    return found


def _operations(op: Any) -> float:
    """Multiplications of one node: for a convolution, those of its forward direction."""
    if op.type in ("MatMul", "BatchMatMulV2", "BatchMatMulV3"):
        depth = op.inputs[0].shape[-2 if _transposed(op) else -1]
        return 2 * math.prod(op.outputs[0].shape) * depth
    if op.type == "Conv2D":
        return _convolution(op.inputs[1].shape, op.outputs[0].shape)
    if op.type == "Conv2DBackpropInput":
        return _convolution(op.inputs[1].shape, op.inputs[2].shape)
    if op.type == "Conv2DBackpropFilter":
        return _convolution(op.outputs[0].shape, op.inputs[2].shape)
    return 0.0


def _convolution(kernel: Any, small: Any) -> float:
    """A kernel (h, w, in, out) at each place of the smaller map (N, H, W, out)."""
    return 2 * math.prod(kernel[:3]) * math.prod(small)


def _transposed(op: Any) -> bool:
    return op.get_attr("transpose_a" if op.type == "MatMul" else "adj_x")
