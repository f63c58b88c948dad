"""Rows of a few numbers as one LLVM vector of `count` lanes inside numba kernels.

Every operation is a single IEEE operation (multiply-add is fused), so that the result in each lane depends neither on
the number of lanes nor on the processor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

Lowered = tuple[Any, Any]


def _lane_operation(define: Callable[..., Lowered]) -> Any:
    return intrinsic(define)


class Lanes(types.Type):
    """Numba type of `count` numbers of one `dtype`."""

    def __init__(self, dtype: Any, count: int) -> None:
        self.dtype = dtype
        self.count = count
        super().__init__(name=f"Lanes({dtype}, {count})")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    """Data model of `Lanes`: an LLVM vector."""

    def __init__(self, manager: Any, lanes: Lanes) -> None:
        element = manager.lookup(lanes.dtype).get_value_type()
        super().__init__(manager, lanes, ir.VectorType(element, lanes.count))  # type: ignore[no-untyped-call]


def _row_pointer(context: Any, builder: Any, array_type: Any, array: Any, row: Any, lanes: Lanes) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    element = builder.gep(data, [builder.mul(row, ir.Constant(row.type, lanes.count))])
    return builder.bitcast(element, context.get_value_type(lanes).as_pointer())


def _bytes_of(dtype: Any) -> int:
    return int(dtype.bitwidth) // 8


@_lane_operation
def zeros(typing_context: Any, array: Any, pattern: Any) -> Lowered:
    """Lanes of zeros of the array's dtype, as many as the tuple `pattern` has entries."""
    lanes = Lanes(array.dtype, pattern.count)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return ir.Constant(context.get_value_type(lanes), None)

    return lanes(array, pattern), generate


@_lane_operation
def load(typing_context: Any, array: Any, row: Any, like: Any) -> Lowered:
    """Row `row` of a flat contiguous array, as lanes of the type of `like`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _row_pointer(context, builder, signature.args[0], arguments[0], arguments[1], like)
        return builder.load(pointer, align=_bytes_of(like.dtype))

    return like(array, types.uint64, like), generate


@_lane_operation
def store(typing_context: Any, array: Any, row: Any, value: Any) -> Lowered:
    """Write lanes to row `row` of a flat contiguous array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _row_pointer(context, builder, signature.args[0], arguments[0], arguments[1], value)
        builder.store(arguments[2], pointer, align=_bytes_of(value.dtype))
        return context.get_dummy_value()

    return types.void(array, types.uint64, value), generate


@_lane_operation
def add_to_row(typing_context: Any, array: Any, row: Any, value: Any) -> Lowered:
    """Add lanes, widened to double, to row `row` of a flat contiguous float64 array."""
    wide = Lanes(types.float64, value.count)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _row_pointer(context, builder, signature.args[0], arguments[0], arguments[1], wide)
        increment = arguments[2]
        if value.dtype != types.float64:
            increment = builder.fpext(increment, context.get_value_type(wide))
        total = builder.fadd(builder.load(pointer, align=8), increment)
        builder.store(total, pointer, align=8)
        return context.get_dummy_value()

    return types.void(array, types.uint64, value), generate


@_lane_operation
def subtract(typing_context: Any, left: Any, right: Any) -> Lowered:
    """Lane by lane, left - right."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fsub(arguments[0], arguments[1])

    return left(left, left), generate


@_lane_operation
def multiply_add(typing_context: Any, left: Any, right: Any, addend: Any) -> Lowered:
    """Lane by lane, left * right + addend, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = arguments[0].type
        name = f"llvm.fma.v{left.count}f{left.dtype.bitwidth}"
        kind = ir.FunctionType(vector, [vector] * 3)
        fused = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
        return builder.call(fused, arguments)

    return left(left, left, left), generate


@_lane_operation
def broadcast(typing_context: Any, number: Any, like: Any) -> Lowered:
    """The same number in every lane."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = context.get_value_type(like)
        index = ir.IntType(32)
        single = builder.insert_element(ir.Constant(vector, ir.Undefined), arguments[0], ir.Constant(index, 0))
        everywhere = ir.Constant(ir.VectorType(index, like.count), None)
        return builder.shuffle_vector(single, ir.Constant(vector, ir.Undefined), everywhere)

    return like(like.dtype, like), generate
