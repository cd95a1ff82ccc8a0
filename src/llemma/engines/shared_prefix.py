"""Attention for rows that begin alike: the keys and values of the common prefix are kept, and multiplied, once."""

# ruff: noqa: N806 (shapes have the names of the legend)
# B rows, H heads, J key-value heads, G = H / J, K head size, P prefix tokens, T new tokens, C columns of a row's own

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AttentionInterface

from llemma.errors import CheckpointError

ATTENTION = "llemma_shared_prefix"
"""The name under which `attend` is registered, for `attn_implementation`."""

KeysAndValues = tuple[Tensor, Tensor]

_MIN_GROWTH = 32
_UNSUPPORTED = ("softcap", "s_aux", "position_bias")


class SharedPrefixCache:
    """The keys and values of a batch: those of the prefix once, and the own columns of every row.

    It stands where a model of transformers expects its cache. Rows are padded on the left, so that all write the same
    column. Pass it a second time as `rows=`, which reaches `attend`. Per model call: `positions`, then the call.
    """

    def __init__(self, prefix: Sequence[KeysAndValues], padding: Tensor) -> None:
        self.prefix = list(prefix)  # per layer (J, P, K); empty when the model has not run on a prefix
        self.own: list[KeysAndValues] = []  # per layer (B, J, C, K); columns from `_used` on are zeros
        self.padding = padding  # (B,) columns at the left that are no tokens
        self.bias = padding.new_zeros(1)  # (B, 1, 1, C): 0 where there is a token, else -inf
        self.mask: Tensor | None = None  # (B, 1, T, P + T): what the tokens of the first call see; None: plain causal
        self._used = 0

    def positions(self, count: int) -> Tensor:
        """Make room for `count` columns and return the positions (B, T) of their tokens; 0 for padding."""
        if self.own:
            assert count == 1, "after the first call a row grows by one token a call"
            if self._used == self.own[0][0].shape[2]:
                self._grow()
            self.bias[..., self._used] = 0.0
        else:
            self.mask = self._first_mask(count)
        self._used += count
        columns = torch.arange(self._used - count, self._used, device=self.padding.device)
        return (self._prefix_length + columns - self.padding[:, None]).clamp(min=0)

    def update(self, key: Tensor, value: Tensor, layer: int, *_: Any, **__: Any) -> KeysAndValues:
        """Store the keys and values (B, J, T, K) of new tokens. The model hands back to `attend` what this returns."""
        if len(self.prefix) == layer:
            self.prefix.append((key[0, :, :0], value[0, :, :0]))
        if len(self.own) == layer:
            self.own.append((key, value))
        else:
            own_key, own_value = self.own[layer]
            own_key[:, :, self._used - 1] = key[:, :, 0]
            own_value[:, :, self._used - 1] = value[:, :, 0]
        return key, value

    def get_seq_length(self, *_: Any) -> int:
        """Return the number of columns, those of the prefix included; some models ask."""
        return self._prefix_length + self._used

    def as_prefix(self) -> list[KeysAndValues]:
        """Return the keys and values of the only row, without padding, as a longer prefix for other rows."""
        return [
            (torch.cat([before[0], own[0][0]], dim=1), torch.cat([before[1], own[1][0]], dim=1))
            for before, own in zip(self.prefix, self.own, strict=True)
        ]

    @torch.inference_mode()
    def drop(self, finished: Sequence[int]) -> list[int]:
        """Drop rows and return which old row is now in each place: the last ones have moved into the gaps."""
        left = self.padding.shape[0] - len(finished)
        gone = set(finished)
        gaps = [row for row in finished if row < left]
        moved = [row for row in range(left, self.padding.shape[0]) if row not in gone]
        for tensor in (self.padding, self.bias, *(part for pair in self.own for part in pair)):
            tensor[gaps] = tensor[moved]
        self.padding, self.bias = self.padding[:left], self.bias[:left]
        self.own = [(key[:left], value[:left]) for key, value in self.own]
        order = list(range(left))
        for gap, row in zip(gaps, moved, strict=True):
            order[gap] = row
        return order

    @torch.inference_mode()
    def reorder(self, rows: Tensor) -> None:
        """Let the rows be the given ones, which may repeat; a layer at a time, as it copies what they own."""
        self.padding, self.bias = self.padding[rows], self.bias[rows]
        for layer, (key, value) in enumerate(self.own):
            self.own[layer] = (key.index_select(0, rows), value.index_select(0, rows))

    @property
    def _prefix_length(self) -> int:
        return self.prefix[0][0].shape[1] if self.prefix else 0

    def _first_mask(self, count: int) -> Tensor | None:
        """A padding column sees itself: a row of the mask with nothing in it would give NaN."""
        if self.padding.shape[0] == 1 and self._prefix_length == 0:
            return None
        columns = torch.arange(count, device=self.padding.device)
        sees = (columns[:, None] >= columns) & (columns >= self.padding[:, None, None])  # (B, T, T)
        sees |= columns[:, None] == columns
        return F.pad(sees, (self._prefix_length, 0), value=True)[:, None]

    def _grow(self) -> None:
        """Add zero columns. The rows stay dense in memory, with a mask over the rest: that is twice as fast as gaps."""
        room = max(_MIN_GROWTH, self._used // 8)
        self.own = [(F.pad(key, (0, 0, 0, room)), F.pad(value, (0, 0, 0, room))) for key, value in self.own]
        columns = torch.arange(self._used + room, device=self.padding.device)
        is_token = (columns >= self.padding[:, None]) & (columns < self._used)  # (B, C)
        bias = torch.zeros(is_token.shape, dtype=self.own[0][0].dtype, device=columns.device)
        self.bias = bias.masked_fill_(~is_token, -math.inf)[:, None, None]


@torch.inference_mode()
def join(parts: Iterable[SharedPrefixCache], rows: Tensor) -> SharedPrefixCache:
    """Return a cache with the given rows, which may repeat, of several that have a prefix and a width in common."""
    parts = list(parts)
    joined = SharedPrefixCache(parts[0].prefix, torch.cat([part.padding for part in parts])[rows])
    joined.own = [
        (torch.cat([key for key, _ in layers])[rows], torch.cat([value for _, value in layers])[rows])
        for layers in zip(*(part.own for part in parts), strict=True)
    ]
    joined._used = parts[0]._used
    joined._grow()
    return joined


def attend(
    module: nn.Module,
    query: Tensor,
    _key: Tensor,
    _value: Tensor,
    _mask: Tensor | None,
    scaling: float | None = None,
    *,
    rows: SharedPrefixCache,
    **options: Any,
) -> tuple[Tensor, None]:
    """Return the attention of new tokens (B, H, T, K) over prefix and own columns as (B, T, H, K).

    `module.layer_idx` says which layer of `rows` to read: what `update` has just stored there.
    Raises CheckpointError for a kind of attention that this is not.
    """
    for name in _UNSUPPORTED:
        if options.get(name) is not None:
            raise CheckpointError(f"{type(module).__name__} uses {name}, which the engine 'hf:' does not compute")
    layer: int = module.layer_idx  # type: ignore[assignment]
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    if query.shape[2] > 1:
        return _attend_many(query, rows, layer, scaling).transpose(1, 2), None
    return _attend_one(query, rows, layer, scaling), None


AttentionInterface.register(ATTENTION, attend)


def _attend_many(query: Tensor, rows: SharedPrefixCache, layer: int, scaling: float) -> Tensor:
    groups = query.shape[1] // rows.own[layer][0].shape[1]
    key, value = (
        torch.cat([before.expand(len(own), -1, -1, -1), own], dim=2).repeat_interleave(groups, dim=1)
        for before, own in zip(rows.prefix[layer], rows.own[layer], strict=True)
    )  # (B, H, P + T, K)
    return F.scaled_dot_product_attention(
        query, key, value, attn_mask=rows.mask, is_causal=rows.mask is None, scale=scaling
    )


def _attend_one(query: Tensor, rows: SharedPrefixCache, layer: int, scaling: float) -> Tensor:
    prefix_key, prefix_value = rows.prefix[layer]  # (J, P, K)
    own_key, own_value = (own.flatten(0, 1) for own in rows.own[layer])  # (B * J, C, K)
    B, H, _, K = query.shape
    J, P, _ = prefix_key.shape
    C, G = own_key.shape[1], H // J

    query = (query * scaling).view(B, J, G, K)
    to_prefix = torch.bmm(query.transpose(0, 1).reshape(J, B * G, K), prefix_key.mT)  # (J, B * G, P)
    to_own = torch.bmm(query.view(B * J, G, K), own_key.mT).view(B, J, G, C) + rows.bias
    scores = torch.cat([to_prefix.view(J, B, G, P), to_own.transpose(0, 1)], dim=-1)  # (J, B, G, P + C)
    weights = torch.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype)
    from_prefix = torch.bmm(weights.view(J, B * G, P + C)[..., :P], prefix_value)  # (J, B * G, K)
    from_own = torch.bmm(weights[..., P:].transpose(0, 1).reshape(B * J, G, C), own_value)  # (B * J, G, K)
    return (from_prefix.view(J, B, G, -1).transpose(0, 1) + from_own.view(B, J, G, -1)).reshape(B, 1, H, -1)
