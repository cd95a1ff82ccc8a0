"""Headers of theorems in Lean 3, Lean 4 and Isabelle: name, statement, and where the theorem begins and ends."""

import pytest

from llemma.data.decontaminate.theorems import System, system_of, theorems_of


def found(text: str, system: System = "lean") -> list[tuple[str, str]]:
    return [(theorem.name, theorem.statement) for theorem in theorems_of(text, system)]


def sources(text: str, system: System = "lean") -> list[str]:
    return [text[theorem.start : theorem.end] for theorem in theorems_of(text, system)]


LEAN_4 = """import Mathlib
/-! theorem in_a_heading : False -/
open Nat

/-- Twice a number is even. -/
@[simp, norm_cast]
protected theorem Nat.twice_even (n : ℕ)
    {m : ℕ} (h : m = 2 * n := by simp) : Even m := by
  have k : m = n + n := by
    omega

  exact ⟨n, k⟩

-- theorem in_a_comment : False
def double (n : ℕ) := 2 * n

private lemma pos {n : ℕ} : 0 < n + 1 := Nat.succ_pos n
example : double 2 = 4 := rfl
theorem cases : ∀ n : ℕ, n = n
  | 0 => rfl
  | n + 1 => rfl

#eval double 3
"""


def test_lean_4_theorems_are_found_with_statements_up_to_the_proof() -> None:
    assert found(LEAN_4) == [
        ("Nat.twice_even", "( n : ℕ ) { m : ℕ } ( h : m = 2 * n : = by simp ) : Even m"),
        ("pos", "{ n : ℕ } : 0 < n + 1"),
        ("", ": double 2 = 4"),
        ("cases", ": ∀ n : ℕ , n = n"),
    ]


def test_a_lean_theorem_reaches_from_its_documentation_to_the_end_of_its_proof() -> None:
    texts = sources(LEAN_4)
    assert texts[0].startswith("/-- Twice a number is even. -/\n@[simp, norm_cast]\nprotected theorem")
    assert texts[0].endswith("exact ⟨n, k⟩")
    assert texts[1:3] == ["private lemma pos {n : ℕ} : 0 < n + 1 := Nat.succ_pos n", "example : double 2 = 4 := rfl"]
    assert texts[3].endswith("| n + 1 => rfl")


LEAN_3 = """namespace sums
section
variables {a b : ℤ}

lemma swap : a + b = b + a :=
begin
  cases h : a with x,
  { exact match x with
    | 0 := rfl
    | _ := rfl
    end },
  simp,
end

end

@[simp] theorem same.{u} {α : Type u} (x : α) : x = x := by { refl }
end sums

theorem outside : 1 = 1 := rfl
"""


def test_names_have_their_namespaces() -> None:
    assert [name for name, _ in found(LEAN_3)] == ["sums.swap", "sums.same", "outside"]


def test_the_block_of_lean_3_belongs_to_the_theorem_and_the_end_of_a_section_does_not() -> None:
    texts = sources(LEAN_3)
    assert texts[0].endswith("  simp,\nend")
    assert texts[1].endswith("by { refl }")


def test_universes_are_no_part_of_the_statement() -> None:
    assert found(LEAN_3)[1][1] == "{ α : Type u } ( x : α ) : x = x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("theorem a : let x := 2; x = 2 := rfl", ("a", ": let x : = 2 ; x = 2")),
        ("theorem a : |x| ≤ 1 := h", ("a", ": | x | ≤ 1")),
        ("theorem a /- note := -/ : p -- why\n := h", ("a", ": p")),
        ('theorem a : s = "theorem b : q := r" := h', ("a", ': s = " theorem b : q : = r "')),
        ("theorem «odd name» : p := h", ("«odd name»", ": p")),
        ("theorem _root_.a : p := h", ("a", ": p")),
        ("theorem a(x:ℕ):x+1>x:=h", ("a", "( x : ℕ ) : x + 1 > x")),
        ("theorem exercise_1\n(x : ℕ)\n: x = x :=", ("exercise_1", "( x : ℕ ) : x = x")),
        ("theorem no_proof : p ∧ q", ("no_proof", ": p ∧ q")),
        ("theorem not_closed (a : ℕ) (b :=\nbegin sorry end", ("not_closed", "( a : ℕ ) ( b")),
    ],
)
def test_lean_statements_in_a_normal_form(text: str, expected: tuple[str, str]) -> None:
    assert found(text) == [expected]


def test_several_lean_theorems_may_stand_in_one_line() -> None:
    assert sources("theorem a : p := h theorem b : q := k") == ["theorem a : p := h", "theorem b : q := k"]


def test_words_that_only_contain_theorem_are_none() -> None:
    assert found("def x := foo.theorem\ndef my_lemma := theorem'\n#check @lemma_of") == []


ISABELLE = """theory Sums imports Main
begin

text \\<open>The lemma "in prose": "x = y" by auto.\\<close>

lemma swap [simp]:
  fixes a b :: nat
  assumes "a > 0" (* lemma hidden: "x" *) and pos: "b > 0"
  shows "a + b = b + a"
proof -
  have "a + b = b + a" by simp
  text \\<open>a remark\\<close>
  then show ?thesis
  proof (cases a)
    case 0 then show ?thesis by simp
  qed auto
qed

definition two :: nat where "two = 2"

theorem (in ring) both: "x + y = y + x" and "x * y = y * x"
  by (simp_all add: ac_simps)

private corollary \\<open>two = Suc 1\\<close> unfolding two_def by simp
lemma "1 < two" sorry
end
"""


def test_isabelle_theorems_are_found_with_statements_up_to_the_proof() -> None:
    assert found(ISABELLE, "isabelle") == [
        ("swap", "fixes a b : : nat assumes a > 0 and pos : b > 0 shows a + b = b + a"),
        ("both", "x + y = y + x and x * y = y * x"),
        ("", "two = Suc 1"),
        ("", "1 < two"),
    ]


def test_an_isabelle_theorem_ends_after_its_whole_proof() -> None:
    texts = sources(ISABELLE, "isabelle")
    assert texts[0].startswith("lemma swap [simp]:")
    assert texts[0].endswith("qed auto\nqed")
    assert texts[1].endswith("by (simp_all add: ac_simps)")
    assert texts[2] == "private corollary \\<open>two = Suc 1\\<close> unfolding two_def by simp"
    assert texts[3] == 'lemma "1 < two" sorry'


@pytest.mark.parametrize(
    ("language", "system"),
    [("lean", "lean"), ("lean3", "lean"), ("Lean4", "lean"), ("isabelle", "isabelle"), ("python", None), (None, None)],
)
def test_the_language_says_who_reads_it(language: str | None, system: str | None) -> None:
    assert system_of(language) == system


@pytest.mark.parametrize(
    ("unit", "system"),
    [
        ("theorem ", "lean"),
        ("private ", "lean"),
        ("@[simp] ", "lean"),
        ("/- ", "lean"),
        ("(", "lean"),
        ("\nend", "lean"),
        ("namespace a\n", "lean"),
        ("\ntheorem a : p := begin end\n", "lean"),
        ('"', "lean"),
        ("lemma ", "isabelle"),
        ("(* ", "isabelle"),
        ("\\<open>", "isabelle"),
        ("proof ", "isabelle"),
        ('\nlemma a: "p"\n', "isabelle"),
        ("-- \\<open>x\\<close>", "isabelle"),
    ],
)
@pytest.mark.timeout(30)
def test_hostile_text_costs_linear_time(unit: str, system: System) -> None:
    list(theorems_of(unit * (400_000 // len(unit)), system))
