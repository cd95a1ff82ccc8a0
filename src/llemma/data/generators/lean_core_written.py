"""The theorems of the test split that were written one by one, by level and name: a statement and then its tactics.

Levels and the form of proofs are those of `lean_core`. A tactic may have several lines.
"""

from collections.abc import Mapping

from llemma.data.generators.lean_core_families.sketch import Sketch

WRITTEN: Mapping[int, Mapping[str, Sketch]] = {
    1: {
        "twice_as_many": ("(a b c : Nat) (h : a + b = c) (k : b = 2 * a) (m : c = 21) : a = 7 ∧ b = 14", "omega"),
        "digit_sum": ("(a b c : Nat) : (100 * a + 10 * b + c) % 9 = (a + b + c) % 9", "omega"),
        "clock_rests": ("(n : Nat) (h : n % 12 = 7) : n % 3 = 1 ∧ n % 4 = 3", "omega"),
        "fin_sum_turned": (": ∀ a b c : Fin 3, a + b + c = c + b + a", "decide"),
        "three_lists": ("(xs ys zs : List Nat) : (xs ++ ys ++ zs).reverse.length = (zs ++ ys ++ xs).length", "grind"),
        "squares_listed": (": [0, 1, 2, 3, 4].map (fun x => x * x) = [0, 1, 4, 9, 16]", "rfl"),
        "rational_pair": ("(x y : Rat) (h : x + y = 5) (k : x - y = 2) : x = 7 / 2", "grind"),
        "two_square_product": (
            "(a b c d : Int) : (a * a + b * b) * (c * c + d * d) = (a * c - b * d) ^ 2 + (a * d + b * c) ^ 2",
            "grind",
        ),
        "implies_one_of_two": ("(p q r : Prop) : (p → q ∨ r) ↔ (p ∧ ¬q → r)", "grind"),
        "squeezed_function": ("(f : Nat → Nat) (h : ∀ x, f x ≤ x) (k : ∀ x, x ≤ f x) : f = fun x => x", "grind"),
    },
    2: {
        "divide_each_other": ("(a b : Nat) (h : a ∣ b) (k : b ∣ a) : a = b", "exact Nat.dvd_antisymm h k"),
        "common_divisor": ("(a b c : Nat) (h : c ∣ a) (k : c ∣ b) : c ∣ Nat.gcd a b", "exact Nat.dvd_gcd h k"),
        "divisor_is_small": ("(x : Nat) (h : x ∣ 18) : x ≤ 18", "exact Nat.le_of_dvd (by decide) h"),
        "multiple_of_all": ("(n : Nat) (h : ∀ m, m ∣ n) : n = 0", "have k := h 0", "simp at k", "exact k"),
        "divides_all": ("(n : Nat) (h : ∀ m, n ∣ m) : n = 1", "have k := h 1", "simp at k", "exact k"),
        "involution_injective": (
            "(f : Nat → Nat) (h : ∀ x, f (f x) = x) : Function.Injective f",
            "intro a b k",
            "rw [← h a, ← h b, k]",
        ),
        "involution_surjective": (
            "(f : Nat → Nat) (h : ∀ x, f (f x) = x) : Function.Surjective f",
            "intro b",
            "exact ⟨f b, h b⟩",
        ),
        "composed_injective": (
            "(f g : Int → Int) (hf : Function.Injective f) (hg : Function.Injective g) :"
            " Function.Injective (fun x => f (g x))",
            "intro a b h",
            "exact hg (hf h)",
        ),
        "inner_injective": (
            "(f g : Nat → Nat) (h : Function.Injective (fun x => g (f x))) : Function.Injective f",
            "intro a b k",
            "exact h (congrArg g k)",
        ),
        "quantifiers_swapped": (
            "(r : Nat → Nat → Prop) (h : ∃ x, ∀ y, r x y) : ∀ y, ∃ x, r x y",
            "intro y",
            "rcases h with ⟨x, h⟩",
            "exact ⟨x, h y⟩",
        ),
        "right_triangle": (": ∃ x y z : Nat, x ^ 2 + y ^ 2 = z ^ 2 ∧ 0 < x ∧ x < y", "exists 3, 4, 5"),
        "cube_root": (": ∃ n : Nat, n ^ 3 = 1728", "exists 12"),
        "pell_pair": (": ∃ x y : Nat, x * x = 2 * y * y + 1 ∧ 5 < y", "exists 17, 12"),
        "number_in_gap": (": ∃ n : Nat, 40 < n ∧ n * n < 1800 ∧ n % 6 = 0", "exists 42"),
        "square_above": (": ∀ n : Nat, ∃ m, n < m * m", "intro n", "exists n + 1", "grind"),
        "odd_cube": (
            "(n : Nat) : n * n * n % 2 = n % 2",
            "rcases Nat.mod_two_eq_zero_or_one n with h | h <;> simp [Nat.mul_mod, h]",
        ),
        "strict_product": (
            "(a b c d : Nat) (h : a < b) (k : c < d) : a * c < b * d",
            "exact Nat.mul_lt_mul'' h k",
        ),
        "fin_mirror": (
            ": ∃ f : Fin 3 → Fin 3, f 0 = 2 ∧ f 2 = 0 ∧ f 1 = 1",
            "exists fun x => 2 - x",
        ),
        "roots_of_nine": (
            "(x : BitVec 4) (h : x * x = 9) : x = 3 ∨ x = 5 ∨ x = 11 ∨ x = 13",
            "revert x",
            "decide",
        ),
    },
    3: {
        "no_largest": (
            ": ¬∃ n : Nat, ∀ m : Nat, m ≤ n",
            "intro h",
            "rcases h with ⟨n, h⟩",
            "have k := h (n + 1)",
            "omega",
        ),
        "two_is_no_square": (
            ": ¬∃ x : Int, x * x = 2",
            "intro h",
            "rcases h with ⟨x, h⟩",
            "have k : x * x % 3 = 2 := by omega",
            "have c : x % 3 = 0 ∨ x % 3 = 1 ∨ x % 3 = 2 := by omega",
            "rcases c with c | c | c <;> simp [Int.mul_emod, c] at k",
        ),
        "even_or_odd": (
            "(n : Nat) : (∃ k, n = 2 * k) ∨ (∃ k, n = 2 * k + 1)",
            "rcases Nat.mod_two_eq_zero_or_one n with h | h",
            "left",
            "exists n / 2",
            "omega",
            "right",
            "exists n / 2",
            "omega",
        ),
        "list_of_threes": (
            "(xs : List Nat) (h : ∀ x ∈ xs, x = 3) : xs.sum = 3 * xs.length",
            "induction xs",
            "simp",
            "simp_all",
            "omega",
        ),
        "bounded_list": (
            "(xs : List Nat) (h : ∀ x ∈ xs, x ≤ 4) : xs.sum ≤ 4 * xs.length",
            "induction xs",
            "simp",
            "simp_all",
            "omega",
        ),
        "list_raised": (
            "(xs : List Nat) : (xs.map (fun x => x + 2)).sum = xs.sum + 2 * xs.length",
            "induction xs",
            "simp",
            "grind",
        ),
        "sum_with_start": (
            "(g : List Nat → Nat → Nat) (h0 : ∀ a, g [] a = a) (h : ∀ x xs a, g (x :: xs) a = g xs (a + x))"
            " (xs : List Nat) (a : Nat) : g xs a = a + xs.sum",
            "induction xs generalizing a",
            "simp [h0]",
            "grind",
        ),
        "fibonacci_below_powers": (
            "(f : Nat → Nat) (h0 : f 0 = 0) (h1 : f 1 = 1) (h : ∀ n, f (n + 2) = f (n + 1) + f n) (n : Nat) :"
            " f n < 2 ^ n ∧ f (n + 1) < 2 ^ (n + 1)",
            "induction n",
            "simp [h0, h1]",
            "grind",
        ),
        "sum_of_powers": (
            "(s : Nat → Nat) (h0 : s 0 = 0) (h : ∀ n, s (n + 1) = s n + 3 ^ n) (n : Nat) : 2 * s n + 1 = 3 ^ n",
            "induction n",
            "simp [h0]",
            "grind",
        ),
        "sum_of_cubes": (
            "(s : Nat → Nat) (h0 : s 0 = 0) (h : ∀ n, s (n + 1) = s n + (n + 1) ^ 3) (n : Nat) :"
            " 4 * s n = n ^ 2 * (n + 1) ^ 2",
            "induction n",
            "simp [h0]",
            "grind",
        ),
        "halves": (
            "(s : Nat → Rat) (h0 : s 0 = 1) (h : ∀ n, s (n + 1) = s n / 2) (n : Nat) : s n * 2 ^ n = 1",
            "induction n",
            "simp [h0]",
            "grind",
        ),
        "two_sequences": (
            "(a b : Nat → Nat) (h0 : a 0 = 0) (k0 : b 0 = 1) (h : ∀ n, a (n + 1) = a n + b n)"
            " (k : ∀ n, b (n + 1) = b n + 2) (n : Nat) : a n = n ^ 2 ∧ b n = 2 * n + 1",
            "induction n",
            "simp [h0, k0]",
            "grind",
        ),
        "cubic_multiple_of_three": ("(n : Nat) : 3 ∣ n ^ 3 + 2 * n", "induction n", "simp", "grind"),
        "difference_of_powers": (
            "(n : Nat) : (7 ^ n - 2 ^ n) % 5 = 0",
            "have h : 7 ^ n % 5 = 2 ^ n % 5 := by simp [Nat.pow_mod 7]",
            "omega",
        ),
        "boolean_function": (
            "(f : Bool → Bool) (b : Bool) : f (f (f b)) = f b",
            "cases b <;> cases h : f true <;> cases k : f false <;> simp [h, k]",
        ),
        "two_squares_mod_four": (
            "(a b : Nat) : (a ^ 2 + b ^ 2) % 4 ≠ 3",
            "have h : a % 4 = 0 ∨ a % 4 = 1 ∨ a % 4 = 2 ∨ a % 4 = 3 := by omega",
            "have k : b % 4 = 0 ∨ b % 4 = 1 ∨ b % 4 = 2 ∨ b % 4 = 3 := by omega",
            "rcases h with h | h | h | h <;> rcases k with k | k | k | k <;> simp [Nat.pow_mod, Nat.add_mod, h, k]",
        ),
        "steps_of_two": (
            "(p : Nat → Prop) (h0 : p 0) (h1 : p 1) (h : ∀ n, p n → p (n + 2)) (n : Nat) : p n ∧ p (n + 1)",
            "induction n",
            "exact ⟨h0, h1⟩",
            "grind",
        ),
        "product_of_values": (
            "(f : Nat → Nat) (h : ∀ x y, f (x + y) = f x * f y) (k : f 1 = 3) : f 4 = 81",
            "have a := h 1 1",
            "have b := h 2 2",
            "simp [k] at a",
            "simp [a] at b",
            "exact b",
        ),
        "additive_function": (
            "(f : Nat → Nat) (h : ∀ x y, f (x + y) = f x + f y) (n : Nat) : f n = n * f 1",
            "have k := h 0 0",
            "induction n",
            "simp_all",
            "grind",
        ),
        "reflexive": (
            "(r : Nat → Nat → Prop) (h : ∀ x y, r x y → r y x) (k : ∀ x y z, r x y → r y z → r x z)"
            " (e : ∀ x, ∃ y, r x y) (x : Nat) : r x x",
            "rcases e x with ⟨y, hy⟩",
            "exact k x y x hy (h x y hy)",
        ),
        "no_descent": (
            "(s : Nat → Nat) (h : ∀ n, s (n + 1) < s n) : False",
            "have k : ∀ n, s n + n ≤ s 0 := by\n  intro n\n  induction n <;> grind",
            "have c := k (s 0 + 1)",
            "omega",
        ),
        "sign_squared": (
            "(f : Nat → Int) (h0 : f 0 = 1) (h : ∀ n, f (n + 1) = -f n) (n : Nat) : f n * f n = 1",
            "induction n",
            "simp [h0]",
            "grind",
        ),
        "between_rationals": (
            "(x y : Rat) (h : x < y) : ∃ z, x < z ∧ z < y",
            "exists (x + y) / 2",
            "constructor",
            "grind",
            "grind",
        ),
        "odd_square": (
            "(n : Nat) (h : n % 2 = 1) : n * n % 8 = 1",
            "have k : n % 8 = 1 ∨ n % 8 = 3 ∨ n % 8 = 5 ∨ n % 8 = 7 := by omega",
            "rcases k with k | k | k | k <;> simp [Nat.mul_mod, k]",
        ),
    },
}
