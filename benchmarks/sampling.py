"""Sampling speed: k samples of one 1,000-token prompt, `generate` of transformers against the engine `hf:`.

Example: OMP_NUM_THREADS=1 python benchmarks/sampling.py --samples 16 64 --rounds 3
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from llemma.engines.base import Request, Sampling
from llemma.engines.spec import open_engine

VOCABULARY, PROMPT_TOKENS, TEMPERATURE = 4096, 1000, 0.6
GREEDY_TOKENS = 32


def main() -> None:
    """Print a table of tokens per CPU-second of whole requests, prompt included, and check greedy equality."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--new-tokens", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        write_model(Path(folder))
        model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        engine = open_engine(f"hf:{folder}", device="cpu")
        prompt = " ".join(f"w{(7 * i * i + 3 * i) % (VOCABULARY - 1)}" for i in range(PROMPT_TOKENS))

        def ours(samples: int, new_tokens: int, temperature: float) -> list[str]:
            sampling = Sampling(temperature=temperature, max_new_tokens=new_tokens)
            found = list(engine.generate([Request("prompt", prompt, tuple(range(samples)))], sampling))
            assert [generation.tokens for generation in found] == [new_tokens] * samples
            return [generation.text for generation in found]

        tokens = torch.tensor([[int(word[1:]) for word in prompt.split()]])

        def theirs(samples: int, new_tokens: int, temperature: float) -> list[str]:
            drawn = {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature else {"do_sample": False}
            out = model.generate(
                tokens,
                attention_mask=torch.ones_like(tokens),
                num_return_sequences=samples,
                max_new_tokens=new_tokens,
                pad_token_id=0,
                **drawn,
            )
            return ["".join(f" w{token}" for token in row) for row in out[:, PROMPT_TOKENS:].tolist()]

        same = ours(1, GREEDY_TOKENS, 0.0) == theirs(1, GREEDY_TOKENS, 0.0)
        print(f"{model.num_parameters() / 1e6:.1f}M parameters, prompt {PROMPT_TOKENS:,} tokens, one thread, fp32")
        print(f"greedy: {GREEDY_TOKENS} tokens are {'the same' if same else 'DIFFERENT'}")
        print(f"{'k':>4} {'new':>5} {'generate tok/CPU-s':>19} {'hf: tok/CPU-s':>14} {'ratio':>6}")
        for samples in options.samples:
            rates: dict[str, list[float]] = {"theirs": [], "ours": []}
            for _ in range(options.rounds):
                for name, run in (("ours", ours), ("theirs", theirs)):
                    rates[name].append(samples * options.new_tokens / cpu_seconds(run, samples, options.new_tokens))
            slow, fast = (statistics.median(rates[name]) for name in ("theirs", "ours"))
            print(f"{samples:>4} {options.new_tokens:>5} {slow:>19,.0f} {fast:>14,.0f} {fast / slow:>6.1f}", flush=True)


def cpu_seconds(run: Callable[[int, int, float], list[str]], samples: int, new_tokens: int) -> float:
    """Return the CPU time of one request, sampled at the benchmark's temperature."""
    start = time.process_time()
    run(samples, new_tokens, TEMPERATURE)
    return time.process_time() - start


def write_model(folder: Path) -> None:
    """Write a random 10M-parameter Llama without an end-of-text token and a tokenizer in which a word is a token."""
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=320,
        intermediate_size=864,
        num_hidden_layers=6,
        num_attention_heads=5,
        num_key_value_heads=5,
        vocab_size=VOCABULARY,
        max_position_embeddings=2048,
        initializer_range=0.1,
        bos_token_id=None,
        eos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    backend = Tokenizer(models.WordLevel({f"w{i}": i for i in range(VOCABULARY)}, unk_token="w0"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    backend.decoder = decoders.Sequence([decoders.Replace("w", " w"), decoders.Fuse()])
    PreTrainedTokenizerFast(tokenizer_object=backend).save_pretrained(folder)


if __name__ == "__main__":
    main()
