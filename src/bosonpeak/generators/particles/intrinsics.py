"""Small LLVM intrinsics for the vector kernels: loads of sixteen particles, floor and 2^k, wide vectors, prefetch."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LANES = 16

_FLOAT, _INT32, _INT64 = ir.FloatType(), ir.IntType(32), ir.IntType(64)
_FOUR, _SIXTEEN = ir.VectorType(_FLOAT, 4), ir.VectorType(_FLOAT, 16)
_BYTES = ir.IntType(8).as_pointer()
_WIDE_VECTORS = '"prefer-vector-width"="512"'


@intrinsic
def gather_sixteen(typing_context: Any, rows: Any, identities: Any, line: Any, place: Any, scratch: Any) -> Any:
    """Load sixteen rows of four float32 transposed: ``scratch[16 * c + k] = rows[identities[line, place + k], c]``."""
    # A row is a single 16-byte load; a gather instruction would take four times as long.
    signature = types.void(rows, identities, types.uint64, types.uint64, scratch)

    def generate(context: Any, builder: Any, call: Any, arguments: Any) -> Any:
        row_data = context.make_array(call.args[0])(context, builder, arguments[0]).data
        lists = context.make_array(call.args[1])(context, builder, arguments[1])
        target = context.make_array(call.args[4])(context, builder, arguments[4])
        line = builder.mul(arguments[2], builder.extract_value(lists.shape, 1))
        loaded = _load_rows(builder, row_data, builder.gep(lists.data, [line]), arguments[3])
        for component, vector in enumerate(_transposed(builder, loaded)):
            column = builder.gep(target.data, [_INT64(LANES * component)])
            builder.store(vector, builder.bitcast(column, _SIXTEEN.as_pointer()), align=4)
        return context.get_dummy_value()

    return signature, generate


def _load_rows(builder: Any, rows: Any, identities: Any, place: Any) -> list[Any]:
    loaded = []
    for lane in range(LANES):
        identity = builder.load(builder.gep(identities, [builder.add(place, _INT64(lane))]))
        row = builder.gep(rows, [builder.shl(builder.zext(identity, _INT64), _INT64(2))])
        loaded.append(builder.load(builder.bitcast(row, _FOUR.as_pointer()), align=4))
    return loaded


def _transposed(builder: Any, rows: list[Any]) -> list[Any]:
    """Four vectors of sixteen lanes from sixteen vectors of four lanes."""
    pairs = [_shuffled(builder, rows[k], rows[k + 1], range(8)) for k in range(0, 16, 2)]
    fours = [_shuffled(builder, pairs[k], pairs[k + 1], range(16)) for k in range(0, 8, 2)]
    halves = []
    for first, second in (fours[:2], fours[2:]):
        for component in (0, 2):
            lanes = [component + extra + 4 * k for extra in (0, 1) for k in range(8)]
            halves.append(_shuffled(builder, first, second, lanes))
    low, high = [*range(8), *range(16, 24)], [*range(8, 16), *range(24, 32)]
    return [_shuffled(builder, halves[k], halves[k + 2], lanes) for k in (0, 1) for lanes in (low, high)]


def _shuffled(builder: Any, first: Any, second: Any, lanes: Any) -> Any:
    mask = ir.Constant(ir.VectorType(_INT32, len(lanes)), [_INT32(lane) for lane in lanes])
    return builder.shuffle_vector(first, second, mask)


@intrinsic
def whole_part(typing_context: Any, value: Any) -> Any:
    """Floor of a float32, as a float32."""
    signature = types.float32(types.float32)

    def generate(context: Any, builder: Any, call: Any, arguments: Any) -> Any:
        return builder.call(builder.module.declare_intrinsic("llvm.floor", [_FLOAT]), arguments)

    return signature, generate


@intrinsic
def power_of_two(typing_context: Any, exponent: Any) -> Any:
    """2^k of an integral float32 k, written directly into the exponent bits."""
    signature = types.float32(types.float32)

    def generate(context: Any, builder: Any, call: Any, arguments: Any) -> Any:
        biased = builder.add(builder.fptosi(arguments[0], _INT32), _INT32(127))
        return builder.bitcast(builder.shl(biased, _INT32(23)), _FLOAT)

    return signature, generate


@intrinsic
def prefer_wide_vectors(typing_context: Any) -> Any:
    """Request 512-bit vectors from LLVM in the calling function, where the processor has them."""
    signature = types.void()

    def generate(context: Any, builder: Any, call: Any, arguments: Any) -> Any:
        # llvmlite's own check rejects attributes with values
        set.add(builder.function.attributes, _WIDE_VECTORS)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def prefetch(typing_context: Any, identities: Any, line: Any, place: Any) -> Any:
    """Request a part of a list from memory ahead of its use."""
    signature = types.void(identities, types.uint64, types.uint64)

    def generate(context: Any, builder: Any, call: Any, arguments: Any) -> Any:
        lists = context.make_array(call.args[0])(context, builder, arguments[0])
        start = builder.mul(arguments[1], builder.extract_value(lists.shape, 1))
        address = builder.bitcast(builder.gep(lists.data, [builder.add(start, arguments[2])]), _BYTES)
        kind = ir.FunctionType(ir.VoidType(), [_BYTES, _INT32, _INT32, _INT32])
        request = builder.module.declare_intrinsic("llvm.prefetch", [_BYTES], kind)
        builder.call(request, [address, _INT32(0), _INT32(3), _INT32(1)])
        return context.get_dummy_value()

    return signature, generate
