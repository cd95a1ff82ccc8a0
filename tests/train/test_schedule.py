import pytest

from llemma.train.schedule import learning_rate_share

LLEMMA_7B = {"warmup_steps": 500, "steps": 48_000, "final_share": 1 / 30}


@pytest.mark.parametrize(
    ("step", "share"),
    [
        (0, 1 / 500),
        (249, 0.5),
        (499, 1.0),
        (500, 1.0),
        (47_999, 1 / 30),
        (60_000, 1 / 30),  # past the end it stays
    ],
)
def test_the_schedule_at_the_start_the_end_of_warm_up_and_the_end(step: int, share: float) -> None:
    assert learning_rate_share(step, **LLEMMA_7B) == pytest.approx(share, abs=1e-12)


def test_half_way_through_the_cosine_is_half_way_between_the_ends() -> None:
    assert learning_rate_share(50, warmup_steps=0, steps=101, final_share=0.2) == pytest.approx(0.6, abs=1e-12)


def test_without_warm_up_the_first_update_uses_the_peak() -> None:
    assert learning_rate_share(0, warmup_steps=0, steps=10, final_share=0.1) == 1.0
    assert learning_rate_share(0, warmup_steps=0, steps=1, final_share=0.1) == 1.0
