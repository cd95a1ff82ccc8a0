#!/bin/sh
# The whole chain in miniature: data, tokenizer, base model, continued pretraining, evaluation, report.
# Usage: recipes/tiny/demo.sh [BENCHMARK_FOLDER]. Finished steps are skipped; a killed one goes on where it was.
set -eu
benchmarks=${1:-}
runs=runs/demo
raw=$runs/raw
data=$runs/data
# Models this small gain little from a second thread, and lose much when another program keeps it waiting.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"

step() { printf '\n== %s\n' "$1" >&2; }

step "1 of 7: generate web pages, TeX papers, programs, proofs and general text, as they are collected"
llemma data generate arithmetic --limit 40000 --seed 0 --out $raw/problems.warc.gz &
problems=$!
llemma data generate general_text --limit 6000 --seed 0 --out $raw/general.jsonl.zst
llemma data generate equations --limit 14000 --seed 0 --out $raw/exercises.tar
llemma data generate arithmetic_programs --limit 20000 --seed 1 --out $raw/programs.jsonl.zst
llemma data generate lean_core --limit 900 --out $raw/lean
llemma data generate arithmetic --split test --limit 400 --seed 0 --out $raw/arithmetic_held_out.jsonl.zst
llemma data generate general_text --limit 200 --seed 1 --out $raw/general_held_out.jsonl.zst
wait $problems

step "2 of 7: build the data set: extract, filter, leave out duplicates and test problems, tokenise"
llemma data build recipes/data/tiny.toml --out $data
llemma data shards $raw/arithmetic_held_out.jsonl.zst --tokenizer $data/tokenizer --out $runs/held_out/arithmetic &
shards=$!
llemma data shards $raw/general_held_out.jsonl.zst --tokenizer $data/tokenizer --out $runs/held_out/general
wait $shards

step "3 of 7: train the base model on general text"
llemma train recipes/tiny/base.toml --out $runs/base

# Greedy, with 16 samples, and with Python as a tool.
evaluate() {
    for samples in 1 16; do
        llemma eval --model "hf:$runs/$1" --task arithmetic --samples $samples --out "$runs/eval/$1-$samples"
    done
    llemma eval --model "hf:$runs/$1" --task python_arithmetic --out "$runs/eval/$1-python"
}

# Theorems: states of known proofs as Lean prints them, a model that is finetuned on these, and two searches for proofs
# of theorems of other families: with a fixed list of tactics, and with the model's.
prove_theorems() {
    llemma data tactics lean_core --per-family 30 --processes 1 --out $raw/tactics.jsonl.zst
    llemma data shards $raw/tactics.jsonl.zst --tokenizer $data/tokenizer --out $runs/tactics
    llemma train recipes/tiny/prover.toml --out $runs/prover
    llemma prove lean_core --tactics baseline --processes 1 profile=fixed expansions=1 --out $runs/prove/tactics
    llemma prove lean_core --model hf:$runs/prover --processes 1 profile=fixed width=8 expansions=6 max_new_tokens=48 \
        --out $runs/prove/model
}

# What needs the base model only, on the other core while that is trained further.
beside_the_training() {
    evaluate base
    if llemma lean install; then
        prove_theorems
    else
        echo "going on without Lean: no theorems are proved" >&2
    fi
}

step "4 of 7: continue its pretraining on mathematics; on the other core evaluate the base model, and prove theorems"
beside_the_training >$runs/beside.log 2>&1 &
beside=$!
llemma train recipes/tiny/continued.toml --out $runs/continued

step "5 of 7: evaluate the continued model, greedy, with 16 samples, and with Python as a tool"
evaluate continued
evaluations="$runs/eval/base-1 $runs/eval/base-16 $runs/eval/continued-1 $runs/eval/continued-16"
evaluations="$evaluations $runs/eval/base-python $runs/eval/continued-python"

step "6 of 7: real input"
if [ -n "$benchmarks" ]; then
    llemma grade "$benchmarks/model_outputs/llemma_demo/samples.jsonl" --out $runs/eval/published-llemma-34b
    llemma eval --model hf:$runs/continued --task gsm8k --limit 50 max_new_tokens=160 --benchmarks "$benchmarks" \
        --out $runs/eval/continued-gsm8k
    echo "A 1M-parameter model of generated problems cannot do real GSM8K: a score near zero is what to expect." >&2
    evaluations="$evaluations $runs/eval/continued-gsm8k"
else
    echo "skipped: give a folder of real benchmark files with make demo BENCHMARKS=DIR" >&2
fi

step "7 of 7: report, as soon as the theorems are done (log: $runs/beside.log)"
wait $beside || { cat $runs/beside.log >&2; exit 1; }
for run in $runs/prove/*; do
    if [ -d "$run" ]; then evaluations="$evaluations $run"; fi
done
if [ -d $runs/prover ]; then evaluations="$evaluations $runs/prover"; fi
# shellcheck disable=SC2086
llemma report $evaluations $runs/base $runs/continued --out $runs

cat >&2 <<END

Look at   $data/README.md                   the data card: what was kept, what was dropped and why
          $runs/README.md                        the model card, with tables and figures
          $runs/figures/                         loss curves, accuracy against k
          $runs/summary.json                     the numbers
          $runs/eval/continued-16/completions.jsonl   every completion with its verdict
          $runs/prove/model/attempts.jsonl            every proof with all tactics that were tried
END
