"""The families of generated theorems: what is stated, with which numbers and names, and the tactics that prove it.

A family is a function of a draw and its name is the family's. It returns the statement and then the tactics, one text
each. A family belongs to one split and one level for ever: `FAMILIES`, below, says which. The train families use the
moves that the test families need (introduce, take apart, give a witness, rewrite, try all cases, induct) on other
statements.

Rules for a new family, held by tests: Lean proves its statements with `import Init` only; numbers and tactic states are
small (200 characters); its level is as measured by `lean_core.HAMMER`; no statement is one of another family with other
names.
"""

from collections.abc import Mapping
from typing import Literal

from llemma.data.generators.lean_core_families import division, equations, functions, lists, logic, order, sequences
from llemma.data.generators.lean_core_families.sketch import Family

Split = Literal["train", "test"]

FAMILIES: Mapping[Split, Mapping[int, tuple[Family, ...]]] = {
    "train": {
        1: (
            equations.linear_equation,
            order.linear_bound,
            division.quotient_and_rest,
            equations.square_expanded,
            equations.sum_computed,
            division.power_rest_computed,
            lists.list_computed,
            logic.booleans,
            logic.propositions,
            sequences.sequence_computed,
        ),
        2: (
            equations.linear_root_exists,
            equations.sum_and_product,
            division.number_with_rest,
            order.number_above,
            division.division_exists,
            division.divisible_quotient,
            order.small_numbers_bounded,
            division.finite_non_square,
            equations.product_with_zero,
            functions.shift_is_injective,
            functions.shift_has_preimage,
            order.factor_keeps_order,
            lists.list_with_head,
            logic.relation_used,
            equations.rational_root,
            order.lower_bound_exists,
            logic.both_exist,
            logic.one_case_exists,
            functions.function_with_value,
        ),
        3: (
            sequences.constant_sequence,
            sequences.arithmetic_progression,
            sequences.odd_sum,
            sequences.geometric_sequence,
            division.power_leaves_one,
            division.rest_is_invariant,
            sequences.growing_sequence,
            order.power_outgrows,
            lists.list_weight,
            lists.list_scaled,
            division.sum_of_forms,
            division.multiple_of_factor,
            division.product_rest_missing,
            logic.step_to_all,
            sequences.increasing_by_steps,
            order.square_root_bounded,
        ),
    },
    "test": {
        1: (
            equations.two_unknowns,
            equations.product_expanded,
            division.rest_of_combination,
            division.divisor_computed,
            logic.bits_checked,
        ),
        2: (
            equations.linear_combination,
            division.rest_written_out,
            equations.small_square_root,
            equations.quadratic_roots,
            functions.affine_is_injective,
            functions.reflection_is_surjective,
            order.products_in_order,
            lists.list_of_sum,
            functions.rational_preimage,
            division.number_above_with_rest,
        ),
        3: (
            sequences.multiples_summed,
            sequences.shifted_powers,
            division.power_sum_divisible,
            order.power_above_line,
            lists.weight_of_append,
            division.combination_divisible,
            division.square_of_form,
            division.power_rest_missing,
            sequences.sequence_with_rule,
            sequences.period_kept,
        ),
    },
}
"""The families by split and level."""
